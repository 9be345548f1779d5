/**
 * A scheduler and its nodes in memory: plays batches by writing what the batch script would write
 * (docs/batch-script.md), one step whenever somebody asks for the state of the job.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Nodes } from './ground.js';
import { parseUnits, type BatchUnit } from '../../src/batch/units-file.js';
import type { Batch } from '../../src/batch/contract.js';
import type { JobEnd, SitePlay } from './site-play.js';

type Step =
  { do: 'start' } | { do: 'begin' | 'end'; unit: BatchUnit } | { do: 'close' } | { do: 'die'; end: JobEnd };

export interface SiteJob {
  id: string;
  key: string;
  batch: Batch;
  steps: Step[];
  next: number;
  state: string;
  /** How it ended; null while it lives. */
  end: JobEnd | null;
  held?: boolean;
}

/** Of all runs: nothing of them leaves this process. */
export const UUID = '0123456789abcdef0123456789abcdef';

const CANCELLED: JobEnd = { cause: 'cancelled', state: 'CANCELLED', message: 'cancelled', node: 'n1' };
const COMPLETED: JobEnd = { cause: 'completed', state: 'COMPLETED', message: 'ended', node: 'n1' };

/** As the scripts look for the mark of a pause: in `.runner`, two folders above the batch's own. */
const isPaused = ({ paths }: Batch): boolean => existsSync(join(dirname(paths.units), '..', '..', 'paused'));

const nameOf = (key: string): string => key.slice(key.indexOf('-') + 1);

const unitName = (taskDir: string, stem: string): string => `${basename(taskDir)}/${stem}`;

export class Site implements Nodes {
  jobs: SiteJob[] = [];
  /** Stems of units, once for each time they began. */
  begun: string[] = [];
  /** Steps played so far, over all jobs. */
  steps = 0;
  /** How often sbatch was called, by key. */
  private calls = new Map<string, number>();
  /** Called after each step. */
  watcher: (() => void) | null = null;

  constructor(private readonly play: SitePlay) {}

  snapshot(): unknown {
    return structuredClone({ jobs: this.jobs, begun: this.begun, steps: this.steps, calls: this.calls });
  }

  restore(snapshot: unknown): void {
    Object.assign(this, structuredClone(snapshot));
  }

  refusal(key: string): string | null {
    return this.play.refusal?.(nameOf(key)) ?? null;
  }

  /** What sbatch says in place of taking the job; null: it takes it. */
  answer(key: string): string | null {
    const calls = this.calls.get(key) ?? 0;
    this.calls.set(key, calls + 1);
    return this.play.passing?.(nameOf(key))[calls] ?? this.refusal(key);
  }

  hold(id: string, held: boolean): void {
    const job = this.job(id);
    if (job?.state === 'PENDING') job.held = held;
  }

  accept(batch: Batch): SiteJob {
    const job: SiteJob = {
      ...{ id: this.newId(batch.key), key: batch.key, batch },
      ...{ steps: this.stepsOf(batch), next: 0, state: 'PENDING', end: null },
    };
    this.jobs.push(job);
    return job;
  }

  /** The same for a batch in every run; a second job of one gets an id that is none of theirs. */
  private newId(key: string): string {
    const keys = new Set(this.jobs.map((job) => job.key));
    return String(keys.has(key) ? 9001 + this.jobs.length : 1001 + keys.size);
  }

  find(key: string): SiteJob | null {
    return this.jobs.find((job) => job.key === key) ?? null;
  }

  job(id: string): SiteJob | null {
    return this.jobs.find((job) => job.id === id) ?? null;
  }

  cancel(job: SiteJob): void {
    this.finish(job, CANCELLED);
  }

  get live(): SiteJob[] {
    return this.jobs.filter(({ end }) => end === null);
  }

  /** Every job runs to its end. */
  finishAll(): void {
    for (const job of this.live) while (job.end === null && job.held !== true) this.step(job);
  }

  step(job: SiteJob): void {
    if (job.end !== null || job.held === true) return;
    const step = job.steps[job.next];
    job.next += 1;
    this.steps += 1;
    if (step !== undefined) this.carryOut(job, step);
    this.watcher?.();
  }

  private stepsOf(batch: Batch): Step[] {
    const planned = parseUnits(readFileSync(batch.paths.units, 'utf8'));
    const interruption = this.play.interruption?.(nameOf(batch.key)) ?? null;
    const units = planned.flatMap((unit): Step[] => [
      { do: 'begin', unit },
      { do: 'end', unit },
    ]);
    if (interruption === null) return [{ do: 'start' }, ...units, { do: 'close' }];
    const { ended, end } = interruption;
    return [{ do: 'start' }, ...units.slice(0, 2 * ended + 1), { do: 'die', end }];
  }

  private finish(job: SiteJob, end: JobEnd): void {
    job.state = end.state;
    job.end = end;
  }

  private carryOut(job: SiteJob, step: Step): void {
    const { batch } = job;
    const journal = `${batch.paths.journalPrefix}${job.id}-0.journal`;
    const append = (line: string): void => {
      appendFileSync(journal, `${line} .\n`);
    };
    switch (step.do) {
      case 'start':
        if (existsSync(batch.paths.tombstone)) {
          this.finish(job, { ...COMPLETED, cause: 'failed', state: 'FAILED', message: 'its script gave up' });
          return;
        }
        if (existsSync(batch.paths.owner)) {
          // Submitted twice, by a worker that came back late: the script sees that another job has the batch.
          this.finish(job, {
            ...COMPLETED,
            cause: 'failed',
            state: 'FAILED',
            message: 'another copy has it',
          });
          return;
        }
        job.state = 'RUNNING';
        writeFileSync(batch.paths.owner, `${job.id}\n`, { flag: 'wx' });
        append(`J 1 ${batch.key} ${job.id} 0 n1 1767225600.00 100.00`);
        return;
      case 'begin':
        if (existsSync(batch.paths.tombstone)) {
          append('Q 91');
          this.finish(job, { ...COMPLETED, cause: 'failed', state: 'FAILED', message: 'its script gave up' });
          return;
        }
        if (isPaused(batch)) {
          append('Q 97');
          this.finish(job, { ...COMPLETED, cause: 'failed', state: 'FAILED', message: 'its script gave up' });
          return;
        }
        this.begin(batch, step.unit);
        return;
      case 'end':
        append(this.end(batch, step.unit));
        return;
      case 'close':
        append('C');
        this.finish(job, COMPLETED);
        return;
      case 'die':
        this.finish(job, step.end);
    }
  }

  private begin({ taskDir }: Batch, { stem, args, interruptedIn }: BatchUnit): void {
    mkdirSync(taskDir, { recursive: true });
    const log = join(taskDir, `${stem}-log.txt`);
    const kept = join(taskDir, `${stem}-log.${String(interruptedIn)}.txt`);
    if (interruptedIn !== undefined && existsSync(log) && !existsSync(kept)) renameSync(log, kept);
    if (interruptedIn !== undefined) rmSync(join(taskDir, `${stem}-metadiff.json`), { force: true });
    // Exclusively: a unit that has begun is not begun again while its claim is there.
    writeFileSync(log, 'a line of the unit\n', { flag: 'wx' });
    writeFileSync(join(taskDir, `${stem}-args.json`), JSON.stringify(args));
    this.begun.push(unitName(taskDir, stem));
  }

  private end(batch: Batch, { index, stem, args }: BatchUnit): string {
    const { taskDir } = batch;
    const url = typeof args['zarr_url'] === 'string' ? args['zarr_url'] : null;
    const times = this.begun.filter((begun) => begun === unitName(taskDir, stem)).length;
    const { status = 0, output } = this.play.unit(url, times, nameOf(batch.key));
    if (output !== undefined) writeFileSync(join(taskDir, `${stem}-metadiff.json`), JSON.stringify(output));
    const [at, wrote] = [100 + index, output === undefined ? '0' : '1'];
    return `E ${index} ${status} ${at}.00 ${at + 1}.50 ${wrote}`;
  }
}
