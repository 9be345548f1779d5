/**
 * What can be seen of a try of which nobody has published evidence: its run was killed for good. Nothing is written, and a
 * batch that may still start units refuses the continuation.
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Backend, BatchStatus, EndOfBatch } from '../../batch/contract.js';
import { jobName } from '../../batch/job-name.js';
import { readJournals, type JournalReport } from '../../batch/read-journals.js';
import { parseUnits, type BatchUnit } from '../../batch/units-file.js';
import { readOwner, readTombstone } from '../../executors/claims.js';
import type { BatchEvidence, TryEvidence } from '../../outcomes/evidence.js';
import { errorCode, StateCorrupt, StorageFailed } from '../../state/errors.js';
import { batchPaths } from '../../state/paths.js';
import type { PlanFile } from '../../state/plan-file.js';
import { readWhole } from '../../state/read-file.js';
import { collectUnits } from '../batch/collect-units.js';
import { aside } from '../turns.js';
import { EARLIER_BATCH_INTERVAL_MS, EARLIER_BATCH_PATIENCE_SECONDS } from '../tunables.js';
import { NotContinuable, type EarlierRun, type EarlierTry } from './earlier-run.js';

/** It cannot be told yet whether the batch has ended; asked again. */
export class NotYetKnown extends Error {
  override readonly name = 'NotYetKnown';
}

/** `units` until 0.1. A plan that was never finished may have left another file; its units have no claim. */
const UNITS = /^units(?:-[0-9a-f]+)?$/;

const unitsOf = async (folder: string): Promise<BatchUnit[]> => {
  const names = (await readdir(folder)).filter((name) => UNITS.test(name)).sort();
  if (names.length === 0)
    throw new StateCorrupt(folder, 'its file of units is gone: nobody can say which of them have begun');
  const texts = await Promise.all(names.map((name) => readWhole(join(folder, name))));
  return texts.flatMap((text) => parseUnits(text.toString('utf8')));
};

/** What was seen before somebody asked says nothing about now: the job may have ended since, and with it the run. */
const isAnswer = (status: BatchStatus, askedAt: number): boolean =>
  status.state === 'ended' ||
  (status.state !== 'unknown' && (status.seenAt === undefined || status.seenAt >= askedAt));

/** A scheduler is asked in rounds: what is not known yet may be so with the next. */
const askedAgain = async (ask: () => Promise<BatchStatus>): Promise<BatchStatus> => {
  const askedAt = Date.now();
  const until = askedAt + EARLIER_BATCH_PATIENCE_SECONDS * 1000;
  for (;;) {
    const status = await ask();
    if (isAnswer(status, askedAt) || Date.now() >= until) return status;
    await sleep(EARLIER_BATCH_INTERVAL_MS);
  }
};

const endOf = async (
  run: EarlierRun,
  batch: Batch,
  jobId: string | null,
  backend: Backend,
): Promise<EndOfBatch> => {
  const what = `${run.dir}, of which batch ${batch.key}`;
  if (run.request.backend !== backend.name)
    throw new NotContinuable(
      `${what} has not ended as far as its files tell, and a worker of backend "${backend.name}" cannot ask about ` +
        `one of "${run.request.backend}": cancel that run first (fractal-temporal cancel ${run.dir})`,
    );
  const ask = (): Promise<BatchStatus> => backend.executor.status(batch, { jobId: jobId ?? '', facts: {} });
  const status = await aside(() => askedAgain(ask));
  if (status.state === 'ended') return status;
  if (status.state === 'unknown') throw new NotYetKnown(`${what} may still live: ${status.reason}`);
  throw new NotContinuable(
    `${what} is still ${status.state}: wait for its end, or end it (fractal-temporal cancel ${run.dir})`,
  );
};

const wasSubmitted = (intent: string): Promise<boolean> =>
  access(intent).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw new StorageFailed(intent, 'cannot look at', error);
    },
  );

const headerOf = (
  tried: EarlierTry,
  plan: PlanFile,
  batch: Batch,
  journal: JournalReport,
  more: Pick<BatchEvidence, 'job_ids' | 'end' | 'cancelled' | 'backend'>,
): BatchEvidence => ({
  ...{ key: tried.key, try: tried.try, batch: tried.batch, component: plan.component },
  ...more,
  told_job: more.job_ids.at(-1) ?? null,
  job_name: batch.jobName,
  refusal: null,
  complete: journal.complete,
  journalled: journal.copies.length > 0,
  not_executable: journal.notExecutable,
  quit: journal.copies.at(-1)?.quit ?? null,
  ...{ script: batch.paths.script, stdout_file: null, stderr_file: null },
  ...{ requested: {}, avoided_nodes: [], unreadable: null },
});

/**
 * null where nothing of it was ever submitted.
 *
 * @throws NotContinuable when it lives, NotYetKnown, StorageFailed.
 */
export const seeUnpublishedTry = async (
  run: EarlierRun,
  tried: EarlierTry,
  plan: PlanFile,
  backend: Backend,
): Promise<TryEvidence | null> => {
  const { dir, request, uuid } = run;
  const paths = batchPaths('', dir, plan.task_dir, tried.key, '', request.backend);
  if (!(await wasSubmitted(paths.intent))) return null;
  const units = await unitsOf(join(paths.intent, '..'));
  const batch: Batch = {
    key: tried.key,
    jobName: jobName(request.workflow.name, plan.task_name, tried.key),
    ...{ comment: '', runUuid: uuid, taskDir: plan.task_dir, workingDir: dir, command: plan.command, paths },
    ...{ unitCount: units.length, lanes: 1, resources: plan.layout.resources, avoidNodes: [] },
  };
  const owner = (await readOwner(paths.owner)) || null;
  const before = await readJournals(paths.journalPrefix);
  const end = before.complete
    ? null
    : await endOf(run, batch, owner ?? before.copies.at(-1)?.jobId ?? null, backend);
  // What was written until its end was told counts.
  const journal = before.complete ? before : await readJournals(paths.journalPrefix);
  const jobIds = [
    ...new Set([...(owner === null ? [] : [owner]), ...journal.copies.map(({ jobId }) => jobId)]),
  ];
  const cancelled = (await readTombstone(paths.tombstone))?.reason === 'cancelled';
  return {
    header: headerOf(tried, plan, batch, journal, {
      ...{ job_ids: jobIds, end, cancelled, backend: request.backend },
    }),
    units: await collectUnits({
      ...{ component: plan.component, taskDir: plan.task_dir, units, journal },
      lateFilesMs: backend.lateFilesMs,
    }),
  };
};
