import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mergeJournals, parseJournal, type JournalReport } from './journal.js';

export type { JournalReport, ScriptCopy, UnitEnd } from './journal.js';

/**
 * All journals of a batch that can be seen now. Lists the folder first, which makes an NFS client look again.
 *
 * @param journalPrefix `{folder}/{prefix}`; the journals are `{prefix}{job id}-{restart}.journal`.
 * @throws the file system's error when folder or journal cannot be read.
 */
export const readJournals = async (journalPrefix: string): Promise<JournalReport> => {
  const texts = await Promise.all((await journalFiles(journalPrefix)).map((file) => readFile(file, 'utf8')));
  return mergeJournals(texts.map(parseJournal).filter((copy) => copy !== null));
};

/** Paths of a batch's journals, in the order of their names. */
export const journalFiles = async (journalPrefix: string): Promise<string[]> => {
  const folder = dirname(journalPrefix);
  const prefix = basename(journalPrefix);
  return (await readdir(folder))
    .filter((name) => name.startsWith(prefix) && JOB_AND_RESTART.test(name.slice(prefix.length)))
    .sort()
    .map((name) => join(folder, name));
};

// Job ids hold no "-": otherwise the journals of key "a-1" could pass for those of "a".
const JOB_AND_RESTART = /^[A-Za-z0-9_.]+-\d+\.journal$/;
