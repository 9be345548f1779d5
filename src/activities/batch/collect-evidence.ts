/** The evidence of a try that has ended: gathered from every source, published by the first who can. */
import pLimit from 'p-limit';
import { readJournals, type JournalReport } from '../../batch/read-journals.js';
import { leaveTombstone, readOwner, readTombstone, type Tombstone } from '../../executors/claims.js';
import type { BatchUnit } from '../../batch/units-file.js';
import type { Batch, EndOfBatch } from '../../batch/contract.js';
import type { BatchEvidence, TryEvidence } from '../../outcomes/evidence.js';
import { publishEvidence } from '../../state/evidence-file.js';
import { evidencePath } from '../../state/paths.js';
import type { Component } from '../../wire/result.js';
import { collectUnits } from './collect-units.js';
import { BATCHES_COLLECTED_AT_ONCE } from '../tunables.js';

/** What an attempt knows of a batch that has ended. */
export interface EndedTry {
  runDir: string;
  batch: Pick<Batch, 'key' | 'jobName' | 'paths' | 'taskDir' | 'resources' | 'avoidNodes'>;
  try: number;
  index: number;
  backend: string;
  component: Component;
  units(): Promise<BatchUnit[]>;
  /** Job ids of the handle and of a cancellation. */
  jobIds: readonly string[];
  end: EndOfBatch | null;
  refusal: string | null;
  lateFilesMs: number;
}

/**
 * What has not started by now must not start later, whatever copy of the script is still about. Whoever was here before
 * has left the executor's word, which then counts for everybody.
 */
const seal = async (
  { batch, end, refusal }: EndedTry,
  journal: JournalReport,
): Promise<{ tombstone: Tombstone | null; journal: JournalReport }> => {
  if (journal.complete) return { tombstone: await readTombstone(batch.paths.tombstone), journal };
  const tombstone = await leaveTombstone(batch.paths.tombstone, { reason: 'ended', said: end, refusal });
  // What was written until then counts.
  return { tombstone, journal: await readJournals(batch.paths.journalPrefix) };
};

export const headerOf = (
  ended: EndedTry,
  journal: JournalReport,
  tombstone: Tombstone | null,
  owner: string | null,
): BatchEvidence => {
  const { batch } = ended;
  const copies = journal.copies.map((copy) => copy.jobId);
  const jobIds = [...new Set([...ended.jobIds, ...(owner === null ? [] : [owner]), ...copies])];
  const told = copies.at(-1) ?? owner ?? jobIds.at(-1) ?? null;
  return {
    key: batch.key,
    try: ended.try,
    batch: ended.index,
    backend: ended.backend,
    component: ended.component,
    job_ids: jobIds,
    told_job: told,
    job_name: batch.jobName,
    end: tombstone?.reason === 'ended' && tombstone.said !== null ? tombstone.said : ended.end,
    refusal: (tombstone?.reason === 'ended' ? tombstone.refusal : null) ?? ended.refusal,
    cancelled: tombstone?.reason === 'cancelled',
    complete: journal.complete,
    journalled: journal.copies.length > 0,
    not_executable: journal.notExecutable,
    quit: journal.copies.at(-1)?.quit ?? null,
    script: batch.paths.script,
    stdout_file: told === null ? null : `${batch.paths.stdioPrefix}${told}.out`,
    stderr_file: told === null ? null : `${batch.paths.stdioPrefix}${told}.err`,
    requested: batch.resources,
    avoided_nodes: batch.avoidNodes,
    unreadable: null,
  };
};

const turn = pLimit(BATCHES_COLLECTED_AT_ONCE);

/**
 * Collects, when its turn has come, and publishes; returns what counts, which another attempt may have published.
 *
 * @throws StorageFailed, StateCorrupt for what cannot be read.
 */
export const collectEvidence = (ended: EndedTry): Promise<TryEvidence> =>
  turn(async () => {
    const { batch } = ended;
    const { tombstone, journal } = await seal(ended, await readJournals(batch.paths.journalPrefix));
    const header = headerOf(ended, journal, tombstone, (await readOwner(batch.paths.owner)) || null);
    const units = await collectUnits({
      component: ended.component,
      taskDir: batch.taskDir,
      units: await ended.units(),
      journal,
      lateFilesMs: ended.lateFilesMs,
    });
    return publishEvidence(evidencePath(ended.runDir, batch.key), { header, units });
  });
