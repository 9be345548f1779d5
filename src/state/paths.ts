/** Names of the runner's own files, all in `.runner/` of the run's directory (docs/files.md). */
import { basename, dirname, join } from 'node:path';
import type { BatchPaths } from '../batch/contract.js';
import type { Stage } from '../wire/stages.js';

const padded = (value: number, width: number): string => String(value).padStart(width, '0');

export const runnerDir = (runDir: string): string => join(runDir, '.runner');

/** Created first and exclusively: which run owns the directory. */
export const identityPath = (runDir: string): string => join(runnerDir(runDir), 'run.json');

export const requestPath = (runDir: string): string => join(runnerDir(runDir), 'request.json');

/** `.2` for what is written once more, when a task is applied again after a retry; the first time has no number. */
export const ofGeneration = (generation: number): string => (generation === 0 ? '' : `.${generation}`);

/** The image list before the task at `position`; after the last task, that of `position + 1`. */
export const imagesPath = (runDir: string, position: number, generation = 0): string =>
  join(runnerDir(runDir), 'images', `${padded(position, 6)}${ofGeneration(generation)}.jsonl`);

export const planPath = (runDir: string, position: number, stage: Stage): string =>
  join(runnerDir(runDir), 'plans', `${padded(position, 6)}-${stage}.json`);

/** The plan of a retry of the task at `position`. */
export const retryPlanPath = (runDir: string, position: number, generation: number): string =>
  join(runnerDir(runDir), 'plans', `${padded(position, 6)}-retry${ofGeneration(generation)}.json`);

/** Units of the task at `position` that its operator has skipped. */
export const givenUpPath = (runDir: string, position: number, generation: number): string =>
  join(runnerDir(runDir), 'given-up', `${padded(position, 6)}${ofGeneration(generation)}.json`);

/** Urls of images whose units have failed before the task at `position`, and that it leaves out. */
export const leftOutPath = (runDir: string, position: number, generation: number): string =>
  join(runnerDir(runDir), 'left-out', `${padded(position, 6)}${ofGeneration(generation)}.json`);

/** What was seen of one try of a batch. */
export const evidencePath = (runDir: string, key: string): string =>
  join(runnerDir(runDir), 'evidence', `${key}.jsonl`);

/** Where format 1 (0.1) has what stands in the file of evidence at `path` since. */
export const oldOutcomePath = (path: string): string =>
  join(dirname(dirname(path)), 'outcomes', basename(path));

/** While it is there, no batch of the run starts a further unit. */
export const pauseMarkPath = (runDir: string): string => join(runnerDir(runDir), 'paused');

/** Of the pause of a number; `.over` is added when it was resumed. */
export const pausePath = (runDir: string, number: number): string =>
  join(runnerDir(runDir), 'pauses', padded(number, 6));

/** Written when the run is closed. */
export const endPath = (runDir: string): string => join(runnerDir(runDir), 'ended.json');

/** A request that was too large to travel, by its SHA-256. */
export const spillPath = (runDir: string, digest: string): string =>
  join(runnerDir(runDir), 'spill', `${digest}.json`);

export const resultPath = (runDir: string): string => join(runDir, 'result.json');

/** Public: what happens in the run, a line an event (docs/events.md). */
export const eventsPath = (runDir: string): string => join(runDir, 'events.jsonl');

/** What `eventsPath` is made of: decided piece by piece (src/events/segments.ts). */
export const eventsFolder = (runDir: string): string => join(runnerDir(runDir), 'events');

export const workflowLogPath = (runDir: string): string => join(runDir, 'workflow.log');

/** The records of a task's units; the task's own folder has a copy, which people may move or change. */
export const unitRecordsPath = (runDir: string, position: number, generation = 0): string =>
  join(runnerDir(runDir), 'records', `${padded(position, 6)}-units${ofGeneration(generation)}.jsonl`);

/** Where a task's record was written, by position: closeRun finds the records through it. */
export const recordPath = (runDir: string, position: number, generation = 0): string =>
  join(runnerDir(runDir), 'records', `${padded(position, 6)}${ofGeneration(generation)}.json`);

/** Left by people: nobody will go on with the run any more, so that it may be continued by another. */
export const abandonedPath = (runDir: string): string => join(runnerDir(runDir), 'abandoned');

/** What the run takes over from an earlier one: the decision, made once. */
export const continuedPath = (runDir: string): string => join(runnerDir(runDir), 'continued.json');

/** Files that the decision refers to; named by their content, since an attempt that came too late may have left others. */
export const takenPath = (runDir: string, position: number, what: string, digest: string): string =>
  join(runnerDir(runDir), 'taken', `${padded(position, 6)}-${what}-${digest.slice(0, 16)}.jsonl`);

/**
 * The key of one try of one batch: `[a-z0-9-]`, unique per run, task, stage, batch, try and part of it (letters and digits).
 */
export const batchKey = (
  uuid: string,
  position: number,
  stage: Stage,
  batch: number,
  attempt: number,
  part = '',
): string =>
  `${uuid.replaceAll('-', '').slice(0, 16)}-${padded(position, 3)}${stage === 'first' ? 'f' : 'c'}-${padded(batch, 6)}-${attempt}${part}`;

/** One folder a try: a worker that watches a batch lists a handful of files, however many batches a run has. */
const batchDir = (runDir: string, key: string): string => join(runnerDir(runDir), 'batches', key);

/**
 * The units of a batch. Named by their content: a plan that was never finished, by a worker with another layout, may have
 * left others.
 */
export const unitsPath = (runDir: string, key: string, digest: string): string =>
  join(batchDir(runDir, key), `units-${digest.slice(0, 16)}`);

/**
 * Files of one try of a batch. Script and stdio of a scheduler's job lie in the task's folder, where people look.
 *
 * @param units the batch's units file.
 * @param jobPrefix `non_par` or `par-{batch}`, with the try from the second on.
 */
export const batchPaths = (
  units: string,
  runDir: string,
  taskDir: string,
  key: string,
  jobPrefix: string,
  backend: string,
): BatchPaths => {
  const dir = batchDir(runDir, key);
  const local = backend === 'local';
  return {
    units,
    script: local ? join(dir, 'script.sh') : join(taskDir, `${jobPrefix}-${backend}-submit.sh`),
    intent: join(dir, 'intent'),
    owner: join(dir, 'owner'),
    tombstone: join(dir, 'tombstone'),
    journalPrefix: join(dir, 'journal-'),
    stdioPrefix: local ? join(dir, 'script-') : join(taskDir, `${jobPrefix}-${backend}-`),
  };
};
