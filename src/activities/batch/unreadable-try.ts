/** A try of which nothing more can be read. That is evidence as well: published once, so that everybody decides the same. */
import type { BatchUnit } from '../../batch/units-file.js';
import { readJournals, type JournalReport } from '../../batch/read-journals.js';
import { readOwner, readTombstone } from '../../executors/claims.js';
import type { TryEvidence } from '../../outcomes/evidence.js';
import { publishEvidence } from '../../state/evidence-file.js';
import { evidencePath } from '../../state/paths.js';
import { namesOf, type NamedAfter, type WhichTry } from './batch-of.js';
import { headerOf, type EndedTry } from './collect-evidence.js';

/** Files and names of a try, whose units file is not needed to tell of it. Pure. */
export const namedTry = (which: WhichTry, named: NamedAfter, backend: string): EndedTry['batch'] => ({
  ...namesOf(which, named, '', backend),
  taskDir: named.taskDir,
  resources: {},
  avoidNodes: [],
});

const nothingJournalled: JournalReport = {
  ends: new Map(),
  complete: false,
  notExecutable: false,
  copies: [],
};

/**
 * Of a try whose units cannot be read any more: that it was, and why nothing more is known of it. Its jobs are told by
 * whatever can still be read. Returns what counts, which another attempt may have published.
 *
 * @throws StorageFailed, StateCorrupt where it cannot be published.
 */
export const publishUnreadable = async (
  ended: Omit<EndedTry, 'units' | 'end' | 'refusal' | 'lateFilesMs'>,
  why: string,
): Promise<TryEvidence> => {
  const { paths, key } = ended.batch;
  const journal = await readJournals(paths.journalPrefix).catch(() => nothingJournalled);
  const owner = await readOwner(paths.owner).catch(() => null);
  const tombstone = await readTombstone(paths.tombstone).catch(() => null);
  const units = (): Promise<BatchUnit[]> => Promise.resolve([]);
  const bare: EndedTry = { ...ended, ...{ end: null, refusal: null, lateFilesMs: 0 }, units };
  const header = { ...headerOf(bare, journal, tombstone, owner || null), unreadable: why };
  return publishEvidence(evidencePath(ended.runDir, key), { header, units: [] });
};
