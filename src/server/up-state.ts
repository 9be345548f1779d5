/** The state file of `up`'s server: what the next `up`, and every other command, finds it by (docs/server.md). */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readWhole } from '../state/read-file.js';
import { fileMode } from '../state/rights.js';
import type { ProcessIdentity } from './process.js';

const identity = z.object({ pid: z.int().positive(), started: z.string() });

const schema = z.object({
  process: identity,
  /** The `up` that holds the server; null after an orderly end. */
  owner: identity.nullable(),
  address: z.string(),
  ui_address: z.string(),
  namespace: z.string(),
  db_file: z.string(),
  version: z.string(),
  /** Absent in files of older versions. */
  host: z.string().optional(),
});

export interface UpState {
  process: ProcessIdentity;
  owner: ProcessIdentity | null;
  address: string;
  ui_address: string;
  namespace: string;
  db_file: string;
  version: string;
  /** Host of server and owner: a folder may be on a disk that several hosts share. */
  host?: string | undefined;
}

export const upStatePath = (home: string): string => join(home, 'server.json');

/** The state file's content; null when it is missing or not one (it is only a hint: nothing is lost with it). */
export const readUpState = async (home: string): Promise<UpState | null> => {
  try {
    return schema.parse(JSON.parse((await readWhole(upStatePath(home))).toString('utf8')));
  } catch {
    return null;
  }
};

/** Replaces the state file in one step, so that no reader sees half of it. */
export const writeUpState = async (home: string, state: UpState): Promise<void> => {
  const path = upStatePath(home);
  const unfinished = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, `${JSON.stringify(state, null, 2)}\n`, { mode: fileMode() });
  await rename(unfinished, path);
};
