/** The small runs that are disturbed: each is about another way in which a batch can end. */
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listOf, makeRequest, update, zarrUrl, type RequestSpec } from '../support/scripted-requests.js';
import type { WorkerOptions } from './ground.js';
import type { Operator } from './operator.js';
import type { JobEnd, SitePlay, UnitPlay } from './site-play.js';
import { EARLIER } from './verdict.js';

const usual: WorkerOptions = { unitsPerBatch: 2 };
const other: WorkerOptions = { unitsPerBatch: 3, lateFilesMs: 5_000 };

export interface Scenario {
  name: string;
  request(dir: string): Pick<RequestSpec, 'tasks' | 'images' | 'extra'>;
  play(dir: string): SitePlay;
  usual: WorkerOptions;
  /** A worker of another configuration that may take over at any time. */
  other: WorkerOptions;
  /** Interrupted units may run again. */
  mayRerun?: boolean;
  /** How its undisturbed run ends; absent: that does not matter. */
  ends?: 'done' | 'failed';
  /** What its operator does. */
  operator?: Operator;
  /** The run that it continues. */
  earlier?: {
    request: Scenario['request'];
    /** It ends in this call, after this operation; what it had submitted runs to its end. */
    lostAt?: { call: number; operation: number };
  };
  /** The run is cancelled when its site has played so many steps. */
  cancelAfter?: number;
}

const blind: WorkerOptions = { ...other, accounting: false };

export const requestOf = (scenario: Scenario, dir: string): unknown =>
  makeRequest({ dir, ...scenario.request(dir) });

export const earlierRequestOf = ({ earlier }: Scenario, dir: string): unknown => {
  const spec = earlier?.request(dir);
  if (spec === undefined) throw new RangeError('it continues no run');
  return makeRequest({ dir, ...spec, extra: { ...spec.extra, workflow_dir_local: join(dir, EARLIER) } });
};

export const touches = (url: string | null): UnitPlay =>
  url === null
    ? {}
    : { output: { image_list_updates: [update(url, { attributes: { seen: basename(url) } })] } };

const succeeds: SitePlay = { unit: touches };

export const parallel =
  (images: string[], extra: RequestSpec['extra'] = {}): Scenario['request'] =>
  () => ({
    tasks: [{ type: 'parallel', output_types: { seen: true } }],
    images,
    extra: { backend: 'slurm', ...extra },
  });

export const four = ['a', 'b', 'c', 'd'];

/** The job of the first batch is ended from outside: unit 0 has ended, unit 1 runs, unit 2 has not begun. */
export const interrupted = (end: JobEnd): SitePlay => ({
  unit: touches,
  interruption: (name) => (name === '000f-000000-1' ? { ended: 1, end } : null),
});

export const ended = (cause: JobEnd['cause'], state: string): JobEnd => ({
  ...{ cause, state, node: 'n1' },
  message: `the job ended: ${state}`,
});

const breakdown = (name: string, end: JobEnd, rerun: boolean): Scenario => ({
  name: `${name}${rerun ? ', may run again' : ''}`,
  request: parallel(four, rerun ? { recovery: { rerun_interrupted: true } } : {}),
  play: () => interrupted(end),
  usual: { unitsPerBatch: 3 },
  other: { ...blind, unitsPerBatch: 4 },
});

export const main: Scenario = {
  name: 'all units succeed',
  request: (dir) => ({
    tasks: [
      { type: 'converter_non_parallel', output_types: { raw: true } },
      { type: 'compound', output_types: { projected: true } },
      { type: 'parallel', output_types: { seen: true } },
    ],
    images: [],
    extra: { backend: 'slurm', workflow_dir_local: join(dir, 'run') },
  }),
  play: (dir) => ({
    unit: (url, _times, name) => {
      if (url !== null) return touches(url);
      const urls = four.map((image) => zarrUrl(dir, image));
      if (name.startsWith('000')) return { output: { image_list_updates: urls.map((u) => update(u)) } };
      return { output: listOf(...urls.slice(1).map((zarr_url) => ({ zarr_url }))) };
    },
  }),
  usual,
  other,
};

export const others: Scenario[] = [
  {
    name: 'some units fail',
    request: parallel(four),
    play: () => ({
      unit: (url) => {
        if (url?.endsWith('/b') === true) return { status: 1 };
        return url?.endsWith('/c') === true ? { status: 137 } : touches(url);
      },
    }),
    usual,
    other,
  },
  breakdown('time limit', ended('timeout', 'TIMEOUT'), false),
  breakdown('time limit', ended('timeout', 'TIMEOUT'), true),
  breakdown('memory limit', ended('out_of_memory', 'OUT_OF_MEMORY'), false),
  breakdown('memory limit', ended('out_of_memory', 'OUT_OF_MEMORY'), true),
  breakdown('node fails', ended('node', 'NODE_FAIL'), false),
  breakdown('node fails', ended('node', 'NODE_FAIL'), true),
  {
    name: 'a batch is refused',
    request: parallel(four),
    play: () => ({
      ...succeeds,
      refusal: (name) => (name === '000f-000001-1' ? 'Invalid partition' : null),
    }),
    usual,
    other: { ...other, unitsPerBatch: 2 },
  },
  {
    name: 'the run is cancelled',
    request: parallel(four),
    play: () => succeeds,
    usual,
    other,
    cancelAfter: 4,
  },
];

const played = fileURLToPath(new URL('unit.sh', import.meta.url));

const ofProcesses = (
  name: string,
  images: string[],
  more: { rerun?: boolean; cancelAfter?: number } = {},
): Scenario => ({
  name,
  request: () => ({
    tasks: [{ type: 'parallel', command: `bash ${played}`, output_types: { seen: true } }],
    images,
    extra: more.rerun === true ? { recovery: { rerun_interrupted: true } } : {},
  }),
  play: () => succeeds,
  usual,
  other: { unitsPerBatch: 3, stateFolder: 'other-state' },
  mayRerun: more.rerun ?? false,
  ...(more.cancelAfter === undefined ? {} : { cancelAfter: more.cancelAfter }),
});

/** Most batches of the other runs have ended before anybody has asked whether they live. */
export const slow = ofProcesses('a unit takes its time', ['slow-a', 'b']);

export const everyUnitSucceeds = ofProcesses('all units succeed', four);

/** With real processes: what a unit does is said by the name of its image (unit.sh). */
export const ofLocal: Scenario[] = [
  everyUnitSucceeds,
  slow,
  ofProcesses('some units fail', ['a', 'fails-b', 'crashes-c', 'd']),
  ofProcesses('the processes of a batch are killed', ['doomed-a', 'b', 'c']),
  ofProcesses('the processes of a batch are killed, may run again', ['doomed-a', 'b', 'c'], { rerun: true }),
  ofProcesses('the run is cancelled', ['a', 'stays-b', 'c', 'd'], { cancelAfter: 2 }),
];

/** Of the three kinds that pass: no room, no controller, and no answer that says whether the job was taken. */
const PASSING = [
  "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
  'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
  'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation',
];

/** For the real SLURM backend: its own files and commands are what these are about. */
export const ofSlurm: Scenario[] = [
  { name: 'all units succeed', request: parallel(four), play: () => succeeds, usual, other },
  breakdown('time limit', ended('timeout', 'TIMEOUT'), true),
  breakdown('memory limit', ended('out_of_memory', 'OUT_OF_MEMORY'), true),
  breakdown('memory limit', ended('out_of_memory', 'OUT_OF_MEMORY'), false),
  breakdown('node fails', ended('node', 'NODE_FAIL'), true),
  {
    name: 'a batch is refused',
    request: parallel(four),
    play: () => ({
      ...succeeds,
      refusal: (name) =>
        name === '000f-000001-1'
          ? 'sbatch: error: Batch job submission failed: Invalid partition name specified'
          : null,
    }),
    usual,
    other: { ...other, unitsPerBatch: 2 },
  },
  {
    name: 'sbatch fails for a while',
    request: parallel(four),
    play: () => ({
      ...succeeds,
      passing: (name) => (name.endsWith('-1') ? PASSING : []),
    }),
    usual,
    other,
  },
  ...others.filter(({ cancelAfter }) => cancelAfter !== undefined),
];
