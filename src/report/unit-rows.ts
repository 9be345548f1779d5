/** The units of a run one by one, for `units`: state, cause, tries, where it ran, its log. Pure. */
import type { Component, UnitCause, UnitRecord } from '../wire/result.js';
import type { UnitFiles } from './run-files.js';
import { type Column, NOTHING } from './table.js';

/** A unit as `units --json` gives it; null where unknown. */
export interface UnitRow {
  /** How `logs` calls it. */
  unit: string;
  task: number;
  index: number | null;
  component: Component | null;
  zarr_url: string | null;
  /** `done`, `failed`, or `running`: begun, and its task not applied yet. */
  state: 'done' | 'failed' | 'running';
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  tries: number | null;
  job: string | null;
  node: string | null;
  seconds: number | null;
  log: string;
}

/** Records of workers that write down each try. */
type WithTries = UnitRecord & { tries?: { node?: string | null; job?: string | null }[] };

/** Of a task whose units fail together: it was done itself. */
const wasDone = ({ status, cause, exit_code: exit }: UnitRecord): boolean =>
  status === 'done' || (cause === null && exit === 0);

export const unitRow = ({ label, order, logFile, record }: UnitFiles, oldLogs: number): UnitRow => {
  const told: WithTries | null = record;
  const tries = told?.tries;
  const last = tries?.at(-1);
  return {
    unit: label,
    task: order,
    index: record?.index ?? null,
    component: record?.component ?? null,
    zarr_url: record?.zarr_url ?? null,
    state: record === null ? 'running' : wasDone(record) ? 'done' : 'failed',
    cause: record?.cause ?? null,
    exit_code: record?.exit_code ?? null,
    signal: record?.signal ?? null,
    tries: tries?.length ?? (record === null || record.cause !== 'never_started' ? oldLogs + 1 : null),
    job: record?.slurm_job_id ?? last?.job ?? null,
    node: last?.node ?? null,
    seconds: record?.seconds ?? null,
    log: logFile,
  };
};

const orDash = (value: string | number | null): string | number => value ?? NOTHING;

export const UNIT_COLUMNS: Column[] = [
  { head: 'unit' },
  { head: 'state' },
  { head: 'cause' },
  { head: 'exit', named: true },
  { head: 'tries', named: true },
  { head: 'job', named: true },
  { head: 'node', named: true },
  { head: 'log' },
];

const exitOf = ({ exit_code: exit, signal }: UnitRow): string | number =>
  exit ?? (signal === null ? NOTHING : `signal ${signal}`);

export const unitCells = (row: UnitRow): (string | number)[] => [
  row.unit,
  row.state,
  ...[orDash(row.cause), exitOf(row), orDash(row.tries), orDash(row.job), orDash(row.node)],
  row.log,
];
