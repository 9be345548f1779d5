/** Many random runs at once against the model; one that differs is made small and written down as a request file. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import pLimit from 'p-limit';
import type { RunHandle } from '../../src/client/index.js';
import type { Harness } from '../support/harness.js';
import { observe, writeCase } from './one-run.js';
import { predict } from './oracle/run.js';
import type { RunView } from './oracle/view.js';
import type { Case } from './requests/requests.js';

/** Runs at once: enough that the processors never wait, neither for the server nor for batches that take a second to end. */
const AT_ONCE = 24;
/**
 * A step of a run takes seconds where nobody else is; a run in which none ends for so long is a finding too. On a busy
 * machine a run may take longer as a whole.
 */
const PATIENCE_MS = 600_000;
/** The same while a failure is made smaller: nothing else runs then. */
const SHORT_PATIENCE_MS = 10_000;
/** What making one failure smaller may cost, in runs and in time, and failures that are made smaller. */
const SHRINKS = 300;
const SHRINK_MS = 60_000;
const SHOWN = 3;
const SHOWN_CHARACTERS = 100;

export interface Difference {
  /** Of the campaign's runs, from 0. */
  run: number;
  expected: RunView;
  /** Or what was thrown. */
  observed: RunView | string;
  /** A request for `fractal-temporal run`. */
  file: string;
}

export interface Campaign {
  differences: Difference[];
  /** Runs by how they ended. */
  ends: Record<string, number>;
  /** How many differ; the first few are in `differences`. */
  failed: number;
}

export interface CampaignOptions {
  cases: fc.Arbitrary<Case>;
  seed: number;
  runs: number;
  /** Ends with the first difference, as it is: for mutants, of which one is all that matters. */
  untilFirst: boolean;
}

interface Trial {
  expected: RunView;
  observed: RunView | string;
}

/** What only a run that stands still can show: where, and what its server waits for. */
const keepStuck = async (handle: RunHandle, dir: string): Promise<void> => {
  const kept = join(tmpdir(), `fractal-temporal-model-stuck-${handle.workflowId}`);
  await cp(dir, kept, { recursive: true });
  const { raw } = await handle.temporal.describe();
  const { events } = await handle.temporal.fetchHistory();
  await writeFile(join(kept, 'description.json'), JSON.stringify(raw, null, 2));
  await writeFile(join(kept, 'history.json'), JSON.stringify(events, null, 2));
  console.log(`a run does not end; its folder, description and history: ${kept}`);
};

const STANDS_STILL = 'the run does not end';

/** Resolves when nothing has been added to the run's history for so long. */
const standingStill = async (handle: RunHandle, patienceMs: number, signal: AbortSignal): Promise<string> => {
  let seen = '';
  for (;;) {
    await sleep(patienceMs, undefined, { signal });
    // A server that is too busy to answer says nothing against the run.
    const described = await handle.temporal.describe().catch(() => null);
    if (described === null) continue;
    const now = `${described.runId} ${described.historyLength}`;
    if (now === seen) return STANDS_STILL;
    seen = now;
  }
};

const tryCase = async (harness: Harness, one: Case, patienceMs: number): Promise<Trial> => {
  const dir = await harness.folder();
  const request = await writeCase(one, dir);
  const expected = predict(request, one.imagesFile, one.acts);
  let handle: RunHandle;
  try {
    handle = await harness.start(request);
  } catch (error) {
    return { expected, observed: `not started: ${String(error)}` };
  }
  const stopped = new AbortController();
  const observed = await Promise.race([
    observe(handle, dir, expected.acts).catch((error: unknown) => `thrown: ${String(error)}`),
    standingStill(handle, patienceMs, stopped.signal).catch(() => 'stopped'),
  ]);
  stopped.abort();
  if (observed === STANDS_STILL) {
    await keepStuck(handle, dir);
    await handle.temporal.terminate('it does not end');
  } else await rm(dir, { recursive: true, force: true });
  return { expected, observed };
};

const agrees = ({ expected, observed }: Trial): boolean => isDeepStrictEqual(observed, expected);

/** Where two values differ first. */
const placeOf = (expected: unknown, observed: unknown): string => {
  if (isDeepStrictEqual(expected, observed)) return '';
  if (
    typeof expected === 'object' &&
    expected !== null &&
    typeof observed === 'object' &&
    observed !== null
  ) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(observed)])];
    for (const key of keys) {
      const place = placeOf((expected as never)[key], (observed as never)[key]);
      if (place !== '') return `/${key}${place}`;
    }
  }
  const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_CHARACTERS);
  return `: ${shown(expected)} expected, ${shown(observed)} seen`;
};

/** The smallest case that still differs, among those that a bounded number of runs has reached. */
const shrink = async (
  harness: Harness,
  { seed, cases }: CampaignOptions,
  run: number,
  first: Case,
): Promise<Case> => {
  let smallest = first;
  let tries = 0;
  const deadline = Date.now() + SHRINK_MS;
  const property = fc.asyncProperty(cases, async (one) => {
    tries += 1;
    if (tries > SHRINKS || Date.now() > deadline) return true;
    const differs = !agrees(await tryCase(harness, one, SHORT_PATIENCE_MS));
    if (differs) smallest = one;
    return !differs;
  });
  await fc.check(property, { seed, path: String(run), numRuns: 1 });
  return smallest;
};

/** In a few words, so that one sees whether the campaign goes everywhere. */
const endOf = ({ status, error, task_runs: runs }: RunView): string => {
  if (error === null) return `${status} after ${runs.length}`;
  const last = runs.at(-1);
  const cause = last?.units.find((unit) => unit.cause !== null && error.unit_index !== null)?.cause;
  return cause ?? (last?.num_tasks === 0 ? 'no image left' : 'cannot be applied');
};

/** The folder is kept: it is what somebody needs who looks into a difference. */
const keep = async (harness: Harness, one: Case, seed: number, run: number): Promise<Difference> => {
  const dir = join(tmpdir(), `fractal-temporal-model-${seed}-${run}`);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'request.json');
  await writeFile(file, JSON.stringify(await writeCase(one, dir), null, 2));
  const { expected, observed } = await tryCase(harness, one, SHORT_PATIENCE_MS);
  await writeFile(join(dir, 'expected.json'), JSON.stringify(expected, null, 2));
  await writeFile(join(dir, 'observed.json'), JSON.stringify(observed, null, 2));
  return { run, expected, observed, file };
};

export const runCampaign = async (harness: Harness, options: CampaignOptions): Promise<Campaign> => {
  const { seed, runs, untilFirst } = options;
  const limit = pLimit(AT_ONCE);
  const cases = fc.sample(options.cases, { seed, numRuns: runs });
  const ends: Record<string, number> = {};
  const failed: number[] = [];
  const whole = cases.map((one, run) =>
    limit(async () => {
      if (untilFirst && failed.length > 0) return;
      const trial = await tryCase(harness, one, PATIENCE_MS);
      const end = endOf(trial.expected);
      ends[end] = (ends[end] ?? 0) + 1;
      if (agrees(trial)) return;
      failed.push(run);
      console.log(`run ${run} of seed ${seed} differs at ${placeOf(trial.expected, trial.observed)}`);
    }),
  );
  const began = Date.now();
  await Promise.all(whole);
  console.log(`${runs} runs in ${Math.round((Date.now() - began) / 1000)} s`);
  const differences: Difference[] = [];
  const shown = untilFirst ? 0 : SHOWN;
  for (const run of failed.sort((left, right) => left - right).slice(0, shown)) {
    const first = cases[run];
    if (first === undefined) continue;
    differences.push(await keep(harness, await shrink(harness, options, run, first), seed, run));
  }
  return { differences, ends, failed: failed.length };
};
