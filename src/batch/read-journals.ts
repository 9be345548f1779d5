import { constants } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mergeJournals, parseJournal, type JournalReport } from './journal.js';

export type { JournalReport, ScriptCopy, UnitEnd } from './journal.js';

/** A pipe in the place of a journal has no writer that anybody should wait for. */
const AT_ONCE = { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK } as const;

const readFiles = async (files: string[]): Promise<JournalReport> => {
  const texts = await Promise.all(files.map((file) => readFile(file, AT_ONCE)));
  return mergeJournals(texts.map(parseJournal).filter((copy) => copy !== null));
};

// Job ids hold no "-": otherwise the journals of key "a-1" could pass for those of "a".
const JOB_AND_RESTART = /^[A-Za-z0-9_.]+-\d+\.journal$/;

/** Paths of a batch's journals, in the order of their names. */
export const journalFiles = async (journalPrefix: string): Promise<string[]> => {
  const folder = dirname(journalPrefix);
  const prefix = basename(journalPrefix);
  return (await readdir(folder))
    .filter((name) => name.startsWith(prefix) && JOB_AND_RESTART.test(name.slice(prefix.length)))
    .sort()
    .map((name) => join(folder, name));
};

/**
 * All journals of a batch that can be seen now. Lists the folder first, which makes an NFS client look again.
 *
 * @param journalPrefix `{folder}/{prefix}`; the journals are `{prefix}{job id}-{restart}.journal`.
 * @throws the file system's error when folder or journal cannot be read.
 */
export const readJournals = async (journalPrefix: string): Promise<JournalReport> =>
  readFiles(await journalFiles(journalPrefix));

/** Rarely enough to cost nothing, often enough that a batch whose last bytes came late ends soon. */
const READ_ANYWAY_MS = 5_000;

/**
 * For whoever looks often: `readJournals` that reads the files only when one has come or grown, and now and then all
 * the same, since on a shared folder bytes can change under an unchanged size. Each call gives a new reader its own
 * memory; a report must not be changed.
 */
export const journalReader = (journalPrefix: string): (() => Promise<JournalReport>) => {
  let known: { sizes: string; readAt: number; report: JournalReport } | null = null;
  return async () => {
    const files = await journalFiles(journalPrefix);
    // Looked at before they are read: what is written meanwhile is read once more, not missed.
    const sizes = JSON.stringify(
      await Promise.all(files.map(async (file) => [file, (await stat(file)).size])),
    );
    const now = Date.now();
    if (known === null || known.sizes !== sizes || now - known.readAt >= READ_ANYWAY_MS)
      known = { sizes, readAt: now, report: await readFiles(files) };
    return known.report;
  };
};
