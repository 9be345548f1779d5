/**
 * What a submission leaves beside its intent, so that any later worker can tell how far it came (docs/files.md).
 *
 * `intent.sbatch.out` gets sbatch's own stdout: an sbatch that outlives its worker still puts its job id on record.
 */
import { readOwner as readOwnerFile } from '../../claims.js';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { BatchNames } from '../../../batch/contract.js';
import { errorCode, StorageFailed } from '../../../state/errors.js';
import { createExclusive, readIfThere, replaceFile } from '../../../state/files.js';
import { parseJobId } from '../commands/sbatch.js';

export interface SubmissionFiles {
  /** The job id, once known. */
  jobId: string;
  stdout: string;
  stderr: string;
}

export const submissionFiles = ({ paths }: BatchNames): SubmissionFiles => {
  const stem = paths.intent;
  return { jobId: `${stem}.jobid`, stdout: `${stem}.sbatch.out`, stderr: `${stem}.sbatch.err` };
};

const intentSchema = z.object({ user: z.string(), cluster: z.string().nullable(), created: z.number() });

/** Who submits: `created` in ms since the epoch. */
export interface Intent {
  /** null: the intent's text is damaged, and only that there is one is known. */
  user: string | null;
  cluster: string | null;
  created: number;
}

/** False when an earlier submission has left one. */
export const createIntent = (batch: BatchNames, intent: Intent): Promise<boolean> =>
  createExclusive(batch.paths.intent, `${JSON.stringify(intent)}\n`);

const changedAt = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return Date.now();
  }
};

/** null when there is none. One that a loss of power has left empty or cut says that somebody may have submitted. */
export const readIntent = async (batch: BatchNames): Promise<Intent | null> => {
  const text = await readIfThere(batch.paths.intent);
  if (text === null) return null;
  try {
    return intentSchema.parse(JSON.parse(text));
  } catch {
    return { user: null, cluster: null, created: await changedAt(batch.paths.intent) };
  }
};

export const readJobId = async (batch: BatchNames): Promise<string | null> =>
  parseJobId((await readIfThere(submissionFiles(batch).jobId)) ?? '');

/** The recorded id; what is on record first stays. */
export const recordJobId = async (batch: BatchNames, jobId: string): Promise<string> => {
  const path = submissionFiles(batch).jobId;
  if (await createExclusive(path, `${jobId}\n`)) return jobId;
  const earlier = await readJobId(batch);
  if (earlier !== null) return earlier;
  // Empty or cut after a loss of power.
  await replaceFile(path, [`${jobId}\n`]);
  return jobId;
};

/** The job that has claimed the batch, if one has. */
export const readOwner = async (batch: BatchNames): Promise<string | null> =>
  parseJobId((await readOwnerFile(batch.paths.owner)) ?? '');

/** The jobs whose copies of the script have left a journal, told from its name. */
export const jobsOfJournals = async ({ paths }: BatchNames): Promise<string[]> => {
  const prefix = basename(paths.journalPrefix);
  try {
    const names = await readdir(dirname(paths.journalPrefix));
    return names.flatMap((name) => {
      const match = /^([1-9][0-9]*)-[0-9]+\.journal$/.exec(name.slice(prefix.length));
      return name.startsWith(prefix) && match?.[1] !== undefined ? [match[1]] : [];
    });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new StorageFailed(dirname(paths.journalPrefix), 'cannot list', error);
  }
};

const ATTEMPT = '# attempt ';
const ENDED = '# ended';
const UNCLEAR = '# unclear';

/** Opens the files of one sbatch, with a line that says when it began. */
export const openAttempt = async (
  batch: BatchNames,
  at: number,
): Promise<{ stdout: FileHandle; stderr: FileHandle }> => {
  const files = submissionFiles(batch);
  const stdout = await open(files.stdout, 'a');
  await stdout.appendFile(`${ATTEMPT}${at}\n`);
  await stdout.sync();
  return { stdout, stderr: await open(files.stderr, 'w+') };
};

/** After an sbatch: whether it is known to have submitted nothing, and whether it failed without clear words. */
export const closeAttempt = async (
  batch: BatchNames,
  { ended, unclear }: { ended: boolean; unclear: boolean },
): Promise<void> => {
  const lines = [...(ended ? [ENDED] : []), ...(unclear ? [UNCLEAR] : [])];
  if (lines.length === 0) return;
  const handle = await open(submissionFiles(batch).stdout, 'a');
  try {
    await handle.appendFile(lines.map((line) => `${line}\n`).join(''));
  } finally {
    await handle.close();
  }
};

export interface LastAttempt {
  /** Job id that sbatch printed. */
  jobId: string | null;
  /** When it began (ms since the epoch), if nobody knows how it ended. */
  openSince: number | null;
}

export const parseAttempts = (text: string): LastAttempt => {
  const start = text.lastIndexOf(ATTEMPT);
  if (start < 0) return { jobId: null, openSince: null };
  const attempt = text.slice(start);
  const began = Number(/^# attempt ([0-9]+)/.exec(attempt)?.[1] ?? NaN);
  const ended = attempt.split('\n').includes(ENDED);
  return { jobId: parseJobId(attempt), openSince: ended || Number.isNaN(began) ? null : began };
};

/** One call of sbatch, as it is on record. */
export interface SbatchCall {
  /** When it began, in ms since the epoch. */
  at: number;
  /** It failed without clear words. */
  unclear: boolean;
}

export const parseCalls = (text: string): SbatchCall[] =>
  text
    .split(ATTEMPT)
    .slice(1)
    .map((call) => ({ at: Number.parseInt(call, 10), unclear: call.split('\n').includes(UNCLEAR) }))
    .filter(({ at }) => !Number.isNaN(at));

export const readCalls = async (batch: BatchNames): Promise<SbatchCall[]> =>
  parseCalls((await readIfThere(submissionFiles(batch).stdout)) ?? '');

export const readAttempts = async (batch: BatchNames): Promise<LastAttempt> =>
  parseAttempts((await readIfThere(submissionFiles(batch).stdout)) ?? '');
