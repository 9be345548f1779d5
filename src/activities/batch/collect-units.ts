/** What the units of a batch left behind, as evidence: claims, recorded ends, outputs as read and validated. */
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { JournalReport, UnitEnd } from '../../batch/read-journals.js';
import type { BatchUnit } from '../../batch/units-file.js';
import type { UnitEvidence } from '../../outcomes/evidence.js';
import { errorCode, StorageFailed } from '../../state/errors.js';
import { InvalidOutput, parseInitOutput, parseTaskOutput } from '../../validation/output.js';
import type { Component } from '../../wire/result.js';
import type { InitOutput, TaskOutput } from '../../wire/task-output.js';
import { awaitLateFiles, outputName, outputPath, readLeftOutput, type LeftOutput } from './read-output.js';
import { OUTPUTS_READ_AT_ONCE } from '../tunables.js';

export interface Collecting {
  component: Component;
  taskDir: string;
  units: BatchUnit[];
  journal: JournalReport;
  lateFilesMs: number;
}

/** Throws StorageFailed when that cannot be found out. */
const isThere = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StorageFailed(path, 'cannot look at', error);
  }
};

/**
 * Whether the unit was claimed in this try. The log of a try that ran it in vain is no claim until it has been renamed.
 * A folder that is gone says nothing about the units whose logs were in it.
 */
const wasClaimed = async (taskDir: string, { stem, interruptedIn }: BatchUnit): Promise<boolean> => {
  const log = (kept: string): string => join(taskDir, `${stem}-log${kept}.txt`);
  if (await isThere(log(''))) return interruptedIn === undefined || isThere(log(`.${interruptedIn}`));
  try {
    await stat(taskDir);
    return false;
  } catch (error) {
    throw new StorageFailed(taskDir, 'cannot look at', error);
  }
};

type Read = Pick<UnitEvidence, 'output' | 'problem' | 'lost_output'>;

const nothing: Read = { output: null, problem: null, lost_output: false };

const isEmpty = (output: TaskOutput | InitOutput): boolean =>
  'parallelization_list' in output
    ? output.parallelization_list.length === 0
    : output.image_list_updates.length === 0 && output.image_list_removals.length === 0;

const validated = (path: string, left: LeftOutput, component: Component): Read => {
  if (left.kind === 'missing') return nothing;
  const wrong = (why: string): Read => ({ ...nothing, problem: `${path}: ${why}` });
  if (left.kind === 'unusable') return wrong(left.why);
  try {
    const output = component === 'init' ? parseInitOutput(left.text) : parseTaskOutput(left.text);
    return isEmpty(output) ? nothing : { ...nothing, output };
  } catch (error) {
    if (error instanceof InvalidOutput) return wrong(error.message);
    throw error;
  }
};

/**
 * What is wrong with the output that a unit has left: null for nothing, `missing` while it cannot be seen here.
 *
 * @throws StorageFailed when the storage fails.
 */
export const outputProblem = async (
  taskDir: string,
  stem: string,
  component: Component,
): Promise<{ why: string } | 'missing' | null> => {
  const path = outputPath(taskDir, stem);
  const left = await readLeftOutput(path);
  if (left.kind === 'missing') return 'missing';
  const { problem } = validated(path, left, component);
  return problem === null ? null : { why: problem };
};

const recorded = (end: UnitEnd): UnitEvidence['end'] => ({
  status: end.status,
  seconds: end.seconds,
  ended_at: end.endedAt,
  job_id: end.jobId,
  host: end.host,
});

/** The evidence of every unit of a batch that has ended, in their order. */
export const collectUnits = async (collecting: Collecting): Promise<UnitEvidence[]> => {
  const { component, taskDir, units, journal, lateFilesMs } = collecting;
  const limit = pLimit(OUTPUTS_READ_AT_ONCE);
  const late: UnitEvidence[] = [];
  const look = async (unit: BatchUnit): Promise<UnitEvidence> => {
    const end = journal.ends.get(unit.index) ?? null;
    const url = unit.args['zarr_url'];
    const evidence: UnitEvidence = {
      index: unit.index,
      stem: unit.stem,
      zarr_url: (component === 'parallel' || component === 'compute') && typeof url === 'string' ? url : null,
      begun: end !== null || (await wasClaimed(taskDir, unit)),
      end: end === null ? null : recorded(end),
      ...nothing,
    };
    if (end?.status !== 0 || !end.wroteOutput) return evidence;
    const path = outputPath(taskDir, unit.stem);
    const left = await readLeftOutput(path);
    if (left.kind === 'missing') late.push(evidence);
    return Object.assign(evidence, validated(path, left, component));
  };
  const evidence = await Promise.all(units.map((unit) => limit(() => look(unit))));
  if (late.length === 0) return evidence;
  const lost = await awaitLateFiles(
    taskDir,
    late.map(({ stem }) => outputName(stem)),
    lateFilesMs,
  );
  await Promise.all(
    late.map((unit) =>
      limit(async () => {
        const path = outputPath(taskDir, unit.stem);
        const left = await readLeftOutput(path);
        if (left.kind !== 'missing') return Object.assign(unit, validated(path, left, component));
        const why = lost.has(outputName(unit.stem))
          ? `the task wrote its output, but the file has not appeared within ${lateFilesMs / 1000} s`
          : 'the task wrote its output, but it is a link to nothing';
        const lostOutput = lost.has(outputName(unit.stem));
        return Object.assign(unit, { problem: `${path}: ${why}`, lost_output: lostOutput });
      }),
    ),
  );
  return evidence;
};
