/** Runs that were held and retried, skipped, paused, repeated in parts, or go on from an earlier run. */
import { basename, join } from 'node:path';
import { listOf, zarrUrl, type RequestSpec } from '../support/scripted-requests.js';
import type { WorkerOptions } from './ground.js';
import type { OperatorAct } from './operator.js';
import { ended, four, interrupted, parallel, touches, type Scenario } from './scenarios.js';
import type { SitePlay } from './site-play.js';
import { EARLIER } from './verdict.js';

const usual: WorkerOptions = { unitsPerBatch: 2 };
const other: WorkerOptions = { unitsPerBatch: 3, lateFilesMs: 5_000 };
const blind: WorkerOptions = { ...other, accounting: false };

const waits: RequestSpec['extra'] = { recovery: { on_failure: 'wait' } };

const twoTasks =
  (extra: RequestSpec['extra'] = {}): Scenario['request'] =>
  () => ({
    tasks: [
      { type: 'parallel', output_types: { seen: true } },
      { type: 'parallel', output_types: { twice: true } },
    ],
    images: four,
    extra: { backend: 'slurm', ...extra },
  });

/** In the task at this position unit b fails once, c twice. */
const failsAt = (position: string): SitePlay => ({
  unit: (url, times, name) => {
    const failures = url === null ? 0 : ({ b: 1, c: 2 }[basename(url)] ?? 0);
    return name.startsWith(position) && times <= failures ? { status: 1 } : touches(url);
  },
});

const held = (name: string, acts: OperatorAct[], ends: 'done' | 'failed' = 'done'): Scenario => ({
  ends,
  name: `held, then ${name}`,
  request: twoTasks(waits),
  play: () => failsAt('000'),
  operator: { acts },
  usual,
  other,
});

const heldInterrupted = (
  name: string,
  retry: { meta?: { mem: string }; rerun_interrupted?: boolean },
): Scenario => ({
  ends: 'done',
  name: `held after a memory limit, then retried ${name}`,
  request: parallel(four, waits),
  play: () => interrupted(ended('out_of_memory', 'OUT_OF_MEMORY')),
  operator: { acts: [{ retry }] },
  usual: { unitsPerBatch: 3 },
  other: { ...blind, unitsPerBatch: 4 },
});

const compound: Scenario['request'] = () => ({
  tasks: [{ type: 'compound', output_types: { projected: true } }],
  images: four,
  extra: { backend: 'slurm', ...waits },
});

/** How often the init fails, and after it the compute unit b; each time the run is held, and retried. */
const initFails = (name: string, failures: { init: number; computed: number }): Scenario => ({
  ends: 'done',
  name,
  request: compound,
  play: (dir) => ({
    unit: (url, times) => {
      const fails = url === null ? failures.init : basename(url) === 'b' ? failures.computed : 0;
      if (times <= fails) return { status: 1 };
      if (url !== null) return touches(url);
      return { output: listOf(...four.map((image) => ({ zarr_url: zarrUrl(dir, image) }))) };
    },
  }),
  operator: { acts: Array.from({ length: failures.init + failures.computed }, () => ({ retry: {} })) },
  usual,
  other,
});

export const heldAndRetried: Scenario[] = [
  held('retried by an operator, twice', [{ retry: {} }, { retry: { meta: { mem: '8G' } } }]),
  heldInterrupted('with more memory', { meta: { mem: '8G' } }),
  heldInterrupted('as they were', { rerun_interrupted: true }),
  initFails('an init is retried', { init: 1, computed: 1 }),
  initFails('an init fails in its retry as well, and is retried once more', { init: 2, computed: 0 }),
  {
    ends: 'done',
    name: 'an init is interrupted, in its retry once more, and repeated by policy',
    request: compound,
    play: (dir) => ({
      unit: (url) =>
        url === null
          ? { output: listOf(...four.map((image) => ({ zarr_url: zarrUrl(dir, image) }))) }
          : touches(url),
      interruption: (name) =>
        /^000f-000000-[12]$/.test(name) ? { ended: 0, end: ended('out_of_memory', 'OUT_OF_MEMORY') } : null,
    }),
    operator: { acts: [{ retry: { rerun_interrupted: true } }] },
    usual,
    other,
  },
  held('retried in part, the rest skipped', [{ retry: { units: [1] } }, { skip: { units: [2] } }], 'failed'),
  held('skipped unit by unit, one of them retried', [{ skip: { units: [2] } }, { retry: {} }], 'failed'),
  held('skipped', [{ skip: {} }], 'failed'),
];

export const paused: Scenario[] = [
  {
    ends: 'done',
    name: 'paused while a batch runs, then resumed',
    request: parallel(four),
    play: () => ({ unit: touches }),
    operator: { acts: [], pausesAt: 0 },
    usual,
    other,
  },
];

export const inParts: Scenario[] = [
  {
    ends: 'done',
    name: 'memory limit, repeated in parts',
    request: parallel([...four, 'e', 'f'], { recovery: { memory: { tries: 2, factor: 2 } } }),
    play: () => ({
      unit: touches,
      // Unit 1 hits the limit twice, so that the parts of its tries are m1, then m2.
      interruption: (name) => {
        if (name === '000f-000000-1') return { ended: 1, end: ended('out_of_memory', 'OUT_OF_MEMORY') };
        return name.startsWith('000f-000000-2-m1')
          ? { ended: 0, end: ended('out_of_memory', 'OUT_OF_MEMORY') }
          : null;
      },
    }),
    usual: { unitsPerBatch: 3 },
    other: { ...other, unitsPerBatch: 4 },
  },
];

const goesOn = (name: string, play: SitePlay, lostAt?: { call: number; operation: number }): Scenario => ({
  ends: 'done',
  name: `goes on from a run ${name}`,
  request: (dir) => twoTasks({ continue_from: join(dir, EARLIER) })(dir),
  play: () => play,
  earlier: { request: twoTasks(), ...(lostAt === undefined ? {} : { lostAt }) },
  usual,
  other,
});

/** In the task at this position unit b fails once. */
const onceAt = (position: string): SitePlay => ({
  unit: (url, times, name) =>
    url?.endsWith('/b') === true && times === 1 && name.startsWith(position) ? { status: 1 } : touches(url),
});

export const continued: Scenario[] = [
  goesOn('that failed in its first task', onceAt('000')),
  goesOn('that failed in its second task', onceAt('001')),
  goesOn('that was lost in its second task', onceAt('none'), { call: 6, operation: 40 }),
];

/** Nobody has seen what its job ended with: what continues it asks the scheduler. */
const lostAtALimit = (words: string, operation: number): Scenario => ({
  ...goesOn(
    `that was lost ${words}, its job at a limit`,
    {
      unit: touches,
      interruption: (name) =>
        name === '001f-000000-1' ? { ended: 1, end: ended('timeout', 'TIMEOUT') } : null,
    },
    { call: 6, operation },
  ),
  ends: 'failed',
});

export const ofSlurmLost: Scenario[] = [lostAtALimit('before sbatch', 25), lostAtALimit('after sbatch', 60)];

/** Of these the SLURM backend writes other files, and asks for other resources. */
export const ofSlurmWithOperator: Scenario[] = [
  ...heldAndRetried.filter(({ name }) => name.endsWith('with more memory')),
  ...paused,
  ...inParts,
];
