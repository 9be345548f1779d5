/** What an installation of the server's program is given. */
import type { Environment } from './folders.js';

export interface InstallOptions {
  /** Scratch folder within the cache: the program's final place is one rename away. */
  folder: string;
  cache: string;
  env: Environment;
  say: (line: string) => void;
}
