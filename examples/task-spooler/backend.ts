/**
 * A third backend, as an example (docs/writing-a-backend.md): batches wait in task-spooler, a queue for one host
 * (Debian package `task-spooler`, command `tsp`).
 *
 * ```ts
 * const backend = createTaskSpoolerBackend({ stateDir: '/var/tmp/my-queue' });
 * ```
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  BATCH_VARIABLE,
  buildBatchScript,
  createExclusive,
  endProcesses,
  isLocked,
  leaveTombstone,
  NeverSubmitted,
  quoteWord,
  readIfThere,
  readJournals,
  readTombstone,
  replaceFile,
  scrubbedEnvironment,
  tolerance,
  unitShellEnvironment,
  type Backend,
  type Batch,
  type BatchNames,
  type BatchStatus,
  type EndCause,
  type Executor,
  type Handle,
} from 'fractal-temporal/backend';

export interface TaskSpoolerOptions {
  /** Folder on this host's own disk: the queue's socket and a lock per batch. */
  stateDir: string;
  /** Batches at once; default 1. */
  slots?: number;
}

/** tsp answers in milliseconds; one that does not is ended. */
const TSP_TIMEOUT_MS = 5_000;
/** A request of a submission that was cut off can arrive no later than its tsp is ended. */
const LATE_REQUEST_MS = TSP_TIMEOUT_MS + 500;
const CANCEL_LOOK_MS = 100;

interface Row {
  id: string;
  state: string;
  /** Ours: unique to one submission, where tsp counts from 0 again after each restart. */
  jobId: string;
}

/** What became of a batch none of whose processes lives any more. */
const endOf = async ({ paths }: Batch, { jobId }: Handle): Promise<BatchStatus> => {
  const ended = (cause: EndCause, message: string): BatchStatus => ({
    ...{ state: 'ended', cause, message, node: hostname() },
    ...{ schedulerState: null, usage: null },
  });
  const journal = await readJournals(paths.journalPrefix);
  if (journal.complete) return ended('completed', 'every unit has ended');
  if ((await readTombstone(paths.tombstone))?.reason === 'cancelled') return ended('cancelled', 'cancelled');
  const quit = journal.copies.find((copy) => copy.jobId === jobId)?.quit ?? null;
  if (quit !== null)
    return ended('failed', `its script gave up (${quit}): see ${paths.stdioPrefix}${jobId}.err`);
  return ended('node', "the batch's processes are gone without a closing line: killed");
};

const createExecutor = (stateDir: string, slots: number): Executor => {
  const lockOf = (batch: BatchNames): string => join(stateDir, `${batch.key}.lock`);

  const tsp = async (...args: string[]): Promise<string> => {
    await mkdir(stateDir, { recursive: true });
    const own = { TS_SOCKET: join(stateDir, 'socket'), TS_SLOTS: `${slots}`, TMPDIR: stateDir, LC_ALL: 'C' };
    const env = { ...unitShellEnvironment(scrubbedEnvironment(process.env)), ...own };
    // SIGKILL: after that, no request of it can come.
    const limits = { timeout: TSP_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: Infinity } as const;
    return (await promisify(execFile)('tsp', args, { env, ...limits })).stdout;
  };

  const rowsOf = async (batch: BatchNames): Promise<Row[]> =>
    (await tsp('-l')).split('\n').flatMap((line) => {
      const [, id = '', state = '', name, jobId = ''] =
        /^(\d+)\s+(\w+)\s.*?\[([A-Za-z0-9._-]+):([0-9a-f]+)\]/.exec(line) ?? [];
      return name === batch.jobName ? [{ id, state, jobId }] : [];
    });

  const ownerOf = async (batch: BatchNames): Promise<string | null> =>
    /^([0-9a-f]+)\n/.exec((await readIfThere(batch.paths.owner)) ?? '')?.[1] ?? null;

  const earlierJob = async (batch: BatchNames): Promise<string | null> =>
    (await ownerOf(batch)) ?? (await rowsOf(batch))[0]?.jobId ?? (await ownerOf(batch));

  const scriptOf = (batch: Batch): string =>
    buildBatchScript({
      batch,
      header: [`ft_out=${quoteWord(batch.paths.stdioPrefix)}$FT_JOB; exec >>"$ft_out.out" 2>>"$ft_out.err"`],
      jobIdExpression: '"$FT_JOB"',
      // tsp never starts a job a second time.
      restartExpression: '0',
      control: null,
    });

  const handleOf = (jobId: string): Handle => ({ jobId, facts: { host: hostname() } });

  const refuseCancelled = async (batch: BatchNames): Promise<void> => {
    if ((await readTombstone(batch.paths.tombstone)) !== null)
      throw new NeverSubmitted(`batch ${batch.key} was ended before it was submitted`);
  };

  const submit: Executor['submit'] = async (batch, { signal, note }) => {
    const owner = await ownerOf(batch);
    if (owner !== null) return handleOf(owner);
    const listed = (await rowsOf(batch))[0];
    if (listed !== undefined) return handleOf(listed.jobId);
    await refuseCancelled(batch);
    if (!(await createExclusive(batch.paths.intent, '{}\n'))) {
      let earlier = await earlierJob(batch);
      if (earlier === null) {
        note('an earlier submission may still arrive: waiting before looking again');
        await sleep(LATE_REQUEST_MS, undefined, { signal });
        earlier = await earlierJob(batch);
      }
      if (earlier !== null) return handleOf(earlier);
    }
    await replaceFile(batch.paths.script, [scriptOf(batch)]);
    const jobId = randomUUID().replaceAll('-', '');
    await refuseCancelled(batch);
    // Script and units inherit the lock's descriptor: it is free when the last of them has ended.
    const command = ['env', `FT_JOB=${jobId}`, `${BATCH_VARIABLE}=${batch.key}`, 'flock', lockOf(batch)];
    await tsp('-n', '-L', `${batch.jobName}:${jobId}`, ...command, 'bash', batch.paths.script);
    return handleOf(jobId);
  };

  return {
    submit,
    status: async (batch, handle) => {
      try {
        // The list first: a job that is over by then holds its lock as long as anything of it lives.
        const row = (await rowsOf(batch)).find(({ jobId }) => jobId === handle.jobId);
        if (await isLocked(lockOf(batch))) return { state: 'running', node: hostname() };
        if (row?.state === 'queued') return { state: 'pending', reason: 'waits for a slot of task-spooler' };
        if (row?.state === 'running') return { state: 'running', node: hostname() };
        return await endOf(batch, handle);
      } catch (error) {
        return { state: 'unknown', reason: error instanceof Error ? error.message : String(error) };
      }
    },
    cancel: async (batch, handle, context) => {
      const { allow, told } = tolerance();
      await allow(() => leaveTombstone(batch.paths.tombstone, { reason: 'cancelled' }), null);
      // Where it cannot be read, somebody may have submitted.
      const intent = await allow(() => readIfThere(batch.paths.intent), '');
      const owner = await allow(() => ownerOf(batch), null);
      const listed = (await rowsOf(batch))[0]?.jobId ?? null;
      if (handle === null && intent === null && listed === null) return { jobIds: [], uncertain: told() };
      const late = handle === null && owner === null && listed === null;
      if (late) await sleep(LATE_REQUEST_MS, undefined, { signal: context.signal });
      for (;;) {
        const live = (await rowsOf(batch)).filter(({ state }) => state === 'queued' || state === 'running');
        // One that has started meanwhile cannot be removed; the next look ends its processes.
        for (const { id, state } of live) if (state === 'queued') await tsp('-r', id).catch(() => '');
        await endProcesses(batch, { lock: lockOf(batch) }, context);
        const jobIds = [...new Set([handle?.jobId, owner, listed, ...live.map((row) => row.jobId)])];
        if (live.length === 0)
          return { jobIds: jobIds.filter((id) => typeof id === 'string'), uncertain: told() };
        await sleep(CANCEL_LOOK_MS, undefined, { signal: context.signal });
      }
    },
  };
};

export const createTaskSpoolerBackend = ({ stateDir, slots = 1 }: TaskSpoolerOptions): Backend => ({
  name: 'task-spooler',
  lateFilesMs: 0,
  layout: ({ units }) => ({ unitsPerBatch: units, lanes: availableParallelism(), resources: {} }),
  executor: createExecutor(stateDir, slots),
});
