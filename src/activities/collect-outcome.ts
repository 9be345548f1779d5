/** Turns what a batch left behind (journals, logs, outputs) into its outcome. */
import { access, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { JournalReport, UnitEnd } from '../batch/read-journals.js';
import type { BatchUnit } from '../batch/units-file.js';
import { decideUnit, type BatchEvidence } from '../outcomes/decide.js';
import { unitMessage } from '../outcomes/messages.js';
import type { UnitOutcome } from '../outcomes/unit-outcome.js';
import { errorCode, StorageFailed } from '../state/errors.js';
import { InvalidOutput, parseInitOutput, parseTaskOutput } from '../tasks/output.js';
import type { Component } from '../wire/result.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';
import { LATE_FILE_LOOK_MS, LOG_TAIL_BYTES, OUTPUTS_READ_AT_ONCE } from './tunables.js';

export interface Collecting {
  component: Component;
  taskDir: string;
  units: BatchUnit[];
  journal: JournalReport;
  evidence: BatchEvidence;
  lateFilesMs: number;
}

const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StorageFailed(path, 'cannot look at', error);
  }
};

/** A file that the node says it has written is waited for: a shared folder may show it late. */
const readOutput = async (path: string, lateFilesMs: number): Promise<string> => {
  const deadline = Date.now() + lateFilesMs;
  for (;;) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw new StorageFailed(path, 'cannot read', error);
      if (Date.now() >= deadline) {
        throw new InvalidOutput(`${path}: the task wrote its output, but the file has not appeared`);
      }
    }
    await sleep(LATE_FILE_LOOK_MS);
  }
};

const outputOf = async (
  stem: string,
  collecting: Collecting,
  end: UnitEnd,
): Promise<{ output: TaskOutput | InitOutput | null; problem: string | null }> => {
  const path = join(collecting.taskDir, `${stem}-metadiff.json`);
  try {
    const text = end.wroteOutput ? await readOutput(path, collecting.lateFilesMs) : null;
    const output = collecting.component === 'init' ? parseInitOutput(text) : parseTaskOutput(text);
    const empty =
      'parallelization_list' in output
        ? output.parallelization_list.length === 0
        : output.image_list_updates.length === 0 && output.image_list_removals.length === 0;
    return { output: empty ? null : output, problem: null };
  } catch (error) {
    if (error instanceof InvalidOutput) return { output: null, problem: `${path}: ${error.message}` };
    throw error;
  }
};

const collectUnit = async (unit: BatchUnit, collecting: Collecting): Promise<UnitOutcome> => {
  const { component, journal, evidence, taskDir } = collecting;
  const end = journal.ends.get(unit.index) ?? null;
  // An end of which nobody knows how is no end by itself: the unit was interrupted.
  const begun =
    (end?.status ?? null) === null && (end !== null || (await exists(join(taskDir, `${unit.stem}-log.txt`))));
  const decision = decideUnit(
    { status: end?.status ?? null, notExecutable: journal.notExecutable, begun },
    evidence,
  );
  const url = unit.args['zarr_url'];
  const outcome: UnitOutcome = {
    index: unit.index,
    component,
    zarr_url: (component === 'parallel' || component === 'compute') && typeof url === 'string' ? url : null,
    stem: unit.stem,
    ...decision,
    job_id: end?.jobId ?? (begun ? (journal.copies.at(-1)?.jobId ?? null) : null),
    seconds: end?.seconds ?? null,
    ended_at: end?.endedAt ?? null,
    message: null,
    output: null,
  };
  if (decision.status === 'done' && end !== null) {
    const { output, problem } = await outputOf(unit.stem, collecting, end);
    if (problem !== null) return { ...outcome, status: 'failed', cause: 'invalid_output', message: problem };
    return { ...outcome, output };
  }
  return { ...outcome, message: unitMessage(outcome) };
};

/** The outcome of every unit of a batch, in their order. */
export const collectUnits = async (collecting: Collecting): Promise<UnitOutcome[]> => {
  const limit = pLimit(OUTPUTS_READ_AT_ONCE);
  return Promise.all(collecting.units.map((unit) => limit(() => collectUnit(unit, collecting))));
};

/** The last lines of a log file; null when there is none. */
export const logTail = async (path: string): Promise<string | null> => {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LOG_TAIL_BYTES);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString('utf8');
      return size > length ? text.slice(text.indexOf('\n') + 1) : text;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new StorageFailed(path, 'cannot read', error);
  }
};
