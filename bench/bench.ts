/** What a bench is given and what it returns. */
import type { Client } from '@temporalio/client';
import type { Program } from './program.js';

export interface BenchContext {
  /** Folder of this bench alone, removed at the end. */
  folder: string;
  program: Program;
  /** Address of the server of the running `up`. */
  address: string;
  client: Client;
  say(line: string): void;
  /** How often a plain and a warm run are compared. */
  pairs: number;
}

/** One line of the table. */
export interface Row {
  what: string;
  measured: string;
  /** What it is compared with, measured in the same run. */
  peer: string;
  ratio: string;
  limit: string;
  /** null where there is no limit. */
  reached: boolean | null;
}

export interface Bench {
  name: string;
  title: string;
  /** Left out where no bench is named. */
  byNameOnly?: boolean;
  run(context: BenchContext): Promise<Row[]>;
}
