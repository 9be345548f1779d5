/** A backend on the site in memory: every question to it and every file that it writes passes the seam. */
import { access, writeFile } from 'node:fs/promises';
import { leaveTombstone } from '../../src/executors/claims.js';
import { NeverSubmitted, SubmissionRefused } from '../../src/batch/errors.js';
import type { Backend, Batch, BatchStatus, Executor, JobReport } from '../../src/batch/contract.js';
import { errorCode } from '../../src/state/errors.js';
import { createExclusive } from '../../src/state/files.js';
import type { Ground, WorkerOptions } from './ground.js';
import { operation } from './seam.js';
import type { JobEnd, SitePlay } from './site-play.js';
import { Site, UUID } from './site.js';

const GONE: JobEnd = { cause: 'node', state: '', message: 'the job is gone, nobody knows how', node: null };

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );

const scriptedExecutor = (site: Site, accounting: boolean): Executor => {
  const refuseBuried = async (batch: Batch): Promise<void> => {
    if (await exists(batch.paths.tombstone)) throw new NeverSubmitted(`${batch.key} was never submitted`);
  };
  const status = (jobId: string): BatchStatus => {
    const job = site.job(jobId);
    if (job === null) return { state: 'unknown', reason: 'no such job' };
    site.step(job);
    if (job.end === null) {
      return job.state === 'PENDING'
        ? { state: 'pending', reason: 'Priority' }
        : { state: 'running', node: 'n1' };
    }
    const { cause, state, message, node } = accounting || job.end.cause === 'completed' ? job.end : GONE;
    return { state: 'ended', cause, schedulerState: state || null, message, node, usage: null };
  };
  return {
    submit: async (batch) => {
      const known = await operation('squeue --name', () => site.find(batch.key));
      if (known !== null) return { jobId: known.id, facts: {} };
      await refuseBuried(batch);
      await createExclusive(batch.paths.intent, '{}\n');
      await writeFile(batch.paths.script, '#!/bin/bash\n');
      await refuseBuried(batch);
      const job = await operation('sbatch', () => {
        const refusal = site.refusal(batch.key);
        if (refusal !== null) throw new SubmissionRefused(refusal);
        // Two copies of one key never both run (owner file): the second is as good as none.
        return site.find(batch.key) ?? site.accept(batch);
      });
      if (await exists(batch.paths.tombstone)) {
        await operation('scancel', () => {
          if (job.end === null) site.cancel(job);
        });
      }
      return { jobId: job.id, facts: {} };
    },
    status: (_batch, handle) => operation('squeue', () => status(handle.jobId)),
    cancel: async ({ key, paths }) => {
      await leaveTombstone(paths.tombstone, { reason: 'cancelled' });
      const job = await operation('scancel --name', () => {
        const found = site.find(key);
        if (found?.end === null) site.cancel(found);
        return found;
      });
      return { jobIds: job === null ? [] : [job.id], uncertain: null };
    },
  };
};

const noUsage = { elapsed_seconds: null, max_rss_bytes: null, cpu_seconds: null };

const accounts = (site: Site, jobs: { jobId: string }[]): Promise<Map<string, JobReport>> =>
  operation('sacct', () => {
    const found = jobs.flatMap(({ jobId }): [string, JobReport][] => {
      const end = site.job(jobId)?.end ?? null;
      return end === null ? [] : [[jobId, { state: end.state, usage: noUsage }]];
    });
    return new Map(found);
  });

/** Named `slurm`, so that records hold what they hold of jobs. */
const scriptedBackend = (site: Site, options: WorkerOptions): Backend => ({
  name: 'slurm',
  layout: ({ units }) => ({
    unitsPerBatch: Math.min(options.unitsPerBatch, Math.max(1, units)),
    lanes: 1,
    resources: { mem: 100 },
  }),
  executor: scriptedExecutor(site, options.accounting ?? true),
  ...(options.accounting === false ? {} : { report: (jobs: { jobId: string }[]) => accounts(site, jobs) }),
  raise: (resources, _limit, { times, factor }) => ({ ...resources, mem: 100 * factor ** times }),
  lateFilesMs: options.lateFilesMs ?? 0,
});

export const scriptedGround = (play: SitePlay): Ground => {
  const site = new Site(play);
  return {
    uuid: UUID,
    nodes: site,
    backend: (worker) => scriptedBackend(site, worker),
    virtualTime: true,
    differing: new Set(),
  };
};
