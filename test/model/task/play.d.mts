import type { JsonObject, JsonValue } from '../../../src/wire/request.js';

/** What lies at the path of a unit's output when it has ended; one of these, or nothing. */
export interface PlayOutput {
  json?: JsonValue;
  /** The text of the file as it stands. */
  text?: string;
  /** The bytes of the file, as hexadecimal digits. */
  hex?: string;
  padded?: { spaces: number; json: JsonValue };
  folder?: true;
  /** A link to nothing. */
  dangling?: true;
  /** A link to itself. */
  loop?: true;
  /** A link to a file with this text. */
  link?: string;
  unreadable?: true;
  fifo?: true;
}

export interface Play {
  log?: string;
  out?: PlayOutput;
  exit?: number;
  /** Exit codes of its first runs, before `exit`. */
  exits?: number[];
  /** Name of the signal that the unit sends to itself. */
  signal?: 'SIGKILL' | 'SIGTERM' | 'SIGSEGV';
}

export declare const playOf: (args: JsonObject) => Play;
export declare const writeOutput: (play: Play, path: string) => void;
export declare const runOf: (argsPath: string) => number;
export declare const exitOf: (play: Play, run: number) => number;
export declare const statusOf: (play: Play, run: number) => number;
