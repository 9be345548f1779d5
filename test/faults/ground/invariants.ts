/** What must hold after a run, whatever has befallen it. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunResult, UnitRecord } from '../../../src/wire/result.js';
import type { Fault } from './fault.js';
import { expectedImages, hasSucceeded } from './oracle.js';
import type { RunUnderFault } from './run.js';
import { readWitnesses, type Witness } from './witness.js';

const readJson = async (path: string): Promise<RunResult | null> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunResult;
  } catch {
    return null;
  }
};

const stemOf = ({ log_file: log }: UnitRecord): string =>
  log.slice(log.lastIndexOf('/') + 1).replace(/-log(\.\d+)?\.txt$/, '');

/** Units that fail by themselves, as their run's shape has it. */
const mayFail = (order: number, unit: UnitRecord): boolean =>
  order === 0 && unit.cause === 'exit' && /\/(fails|mended)-[^/]*$/.test(unit.zarr_url ?? '');

/** It was to run again, and its run was ended before. */
const asksInVain = ({ cause, exit_code: exit }: UnitRecord): boolean => cause === 'exit' && exit === 75;

interface Judged {
  run: RunUnderFault;
  faults: readonly Fault[];
}

const unitProblems = (
  { run, faults }: Judged,
  order: number,
  unit: UnitRecord,
  witness: Witness | undefined,
): string[] => {
  const good = hasSucceeded(unit);
  const name = `unit ${order}/${stemOf(unit)}`;
  const successes = witness?.successes ?? 0;
  const begins = witness?.begins ?? 0;
  const spoiled = faults.some(({ spoils }) => spoils.length > 0);
  const causes = faults.flatMap(({ spoils }) => (spoils === 'anything' ? [] : spoils));
  const anything = faults.some(({ spoils }) => spoils === 'anything');
  const isStopped = run.operatorStopped || faults.some(({ cancels }) => cancels);
  // What it may run again it may also have run again when nobody could know that it had been done.
  const mayRepeat = spoiled && (run.shape.begins === null || run.retries > 0);
  const most = run.shape.begins === null ? Infinity : run.shape.begins + run.retries;
  return [
    ...(good && successes === 0 ? [`${name} is done, and has not come to success`] : []),
    ...(successes > 1 && !mayRepeat ? [`${name} has come to success ${successes} times`] : []),
    ...(witness?.beganAfterSuccess === true && !mayRepeat ? [`${name} began again after its success`] : []),
    ...(begins > most ? [`${name} has begun ${begins} times, and may ${most} times`] : []),
    ...(!good && successes > 0 && !spoiled
      ? [`${name} came to success, and counts as ${String(unit.cause)}`]
      : []),
    ...(good ||
    anything ||
    mayFail(order, unit) ||
    (isStopped && asksInVain(unit)) ||
    causes.includes(unit.cause as never)
      ? []
      : [
          `${name} counts as ${String(unit.cause)}, exit code ${String(unit.exit_code)}, which nothing explains`,
        ]),
  ];
};

const statusProblems = ({ run, faults }: Judged, result: RunResult, state: string): string[] => {
  const anything = faults.some(({ spoils }) => spoils === 'anything');
  const all = result.task_runs.every(({ units }) => units.every(hasSucceeded));
  const isWhole = all && result.task_runs.length === 3;
  const said = { done: 'COMPLETED', failed: 'FAILED', cancelled: 'CANCELLED' }[result.status];
  const stopped = run.operatorStopped;
  return [
    ...(said === state ? [] : [`the result says ${result.status}, and the server ${state}`]),
    ...(result.status === 'done' && !isWhole ? ['the run is done, and not all of its units are'] : []),
    ...(result.status === 'cancelled' && !faults.some(({ cancels }) => cancels) && !stopped
      ? ['the run is cancelled, and nobody has asked for it']
      : []),
    ...(result.status === 'failed' && isWhole && !anything
      ? [`the run has failed, and all of its units are done: ${result.error?.message ?? ''}`]
      : []),
    ...(result.status === 'failed' && result.error === null ? ['the run has failed, and says not why'] : []),
  ];
};

/** @param state Temporal's word for how it ended. */
export const judgeRun = async (judged: Judged, state: string): Promise<string[]> => {
  const { run, faults } = judged;
  const result = await readJson(join(run.place.runDir, 'result.json'));
  const witnesses = new Map((await readWitnesses(run.place.witnessDir)).map((one) => [one.unit, one]));
  if (result === null) {
    const why = await run.persist((handle) => handle.result().then(String, String));
    return [`there is no result of a run that is ${state}: ${why}`];
  }
  const { images, problems } = expectedImages(
    ...([run.shape, run.place, result.task_runs] as const),
    (order, index) => {
      const stem = `${order}-par-000000-${String(index).padStart(7, '0')}`;
      return (witnesses.get(stem)?.successes ?? 0) > 0;
    },
  );
  const seen = new Set<string>();
  const units = result.task_runs.flatMap(({ workflow_task_order: order, units: all }) =>
    all.flatMap((unit) => {
      const key = `${order}-${stemOf(unit)}`;
      seen.add(key);
      return unitProblems(judged, order, unit, witnesses.get(key));
    }),
  );
  const anything = faults.some(({ spoils }) => spoils === 'anything');
  const unknown = [...witnesses.keys()].filter((unit) => !seen.has(unit));
  return [
    ...statusProblems(judged, result, state),
    ...units,
    ...problems,
    ...(unknown.length > 0 && !anything ? [`the result has no record of units ${unknown.join(', ')}`] : []),
    ...(isDeepStrictEqual(images, result.images)
      ? []
      : [
          `the image list is not that of a run whose units ended so:\n  ${JSON.stringify(images)}\n  ${JSON.stringify(result.images)}`,
        ]),
  ];
};

/** Processes that have to do with the folder: by their command, environment, working directory. */
const processesIn = async (dir: string): Promise<string[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    ids.map(async (id) => {
      const [command, environment, folder] = await Promise.all([
        readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''),
        readFile(`/proc/${id}/environ`, 'utf8').catch(() => ''),
        readlink(`/proc/${id}/cwd`).catch(() => ''),
      ]);
      const isOf = [command, environment, folder].some((text) => text.includes(`${dir}/`) || text === dir);
      return isOf ? [`process ${id} ${command.replaceAll('\0', ' ').slice(0, 200)}`] : [];
    }),
  );
  return found.flat();
};

const socketsIn = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isSocket() ? [`socket ${join(entry.parentPath, entry.name)}`] : [],
  );
};

export const leftIn = async (dir: string): Promise<string[]> => [
  ...(await processesIn(dir)),
  ...(await socketsIn(dir)),
];
