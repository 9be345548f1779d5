/** What the activities of one worker are given: its backend, and what it knows of its server. */
import type { Backend } from '../executors/contract.js';

export interface ActivityDependencies {
  backend: Backend;
  /** Whether the server knows the search attributes; asked once a run. */
  searchAttributesRegistered(): Promise<boolean>;
}
