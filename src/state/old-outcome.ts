/**
 * Outcome files of format 1 (0.1), read as evidence. They held what was decided of a try; what was seen can be told from
 * it, since each decision had one cause (docs/versioning.md, "Files").
 */
import type { BatchEvidence, RecordedEnd, TryEvidence, UnitEvidence } from '../outcomes/evidence.js';
import type { EndCause } from '../batch/end-causes.js';
import type { Usage } from '../batch/contract.js';
import type { JsonObject } from '../wire/request.js';
import type { Component, UnitCause } from '../wire/result.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';
import { parseLines } from './json-lines.js';

interface OldHeader {
  key: string;
  try: number;
  batch: number;
  jobs: {
    job_id: string;
    job_name: string;
    state: string | null;
    node: string | null;
    usage: Usage | null;
    requested: JsonObject;
  }[];
  cause: EndCause | null;
  message: string | null;
  script: string;
  stdout_file: string | null;
  stderr_file: string | null;
  bad_nodes: string[];
}

interface OldUnit {
  index: number;
  component: Component;
  zarr_url: string | null;
  stem: string;
  status: 'done' | 'failed' | 'again';
  interrupted: boolean;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  job_id: string | null;
  seconds: number | null;
  ended_at: number | null;
  message: string | null;
  output: TaskOutput | InitOutput | null;
}

const statusOf = ({ exit_code, signal, cause }: OldUnit): number | null => {
  if (cause === 'invalid_output') return 0;
  return exit_code ?? (signal === null ? null : 128 + signal);
};

/** Only an end that its node had recorded has a time. */
const endOf = (unit: OldUnit): RecordedEnd | null => {
  const { seconds, ended_at, job_id } = unit;
  if (seconds === null || ended_at === null) return null;
  return { status: statusOf(unit), seconds, ended_at, job_id: job_id ?? '' };
};

const unitOf = (unit: OldUnit): UnitEvidence => {
  const end = endOf(unit);
  return {
    index: unit.index,
    stem: unit.stem,
    zarr_url: unit.zarr_url,
    begun: end !== null || unit.interrupted,
    end,
    output: unit.output,
    problem: unit.cause === 'invalid_output' ? (unit.message ?? 'its output is not valid') : null,
    lost_output: false,
  };
};

/** The file does not name it; a script in the task's folder is called after it, that of `local` is not there. */
const backendOf = ({ script }: OldHeader): string => /-([^/-]+)-submit\.sh$/.exec(script)?.[1] ?? 'local';

const headerOf = (old: OldHeader, units: OldUnit[]): BatchEvidence => {
  const job = old.jobs.at(-1) ?? null;
  return {
    ...{ key: old.key, try: old.try, batch: old.batch, backend: backendOf(old) },
    component: units[0]?.component ?? 'parallel',
    job_ids: old.jobs.map(({ job_id }) => job_id),
    told_job: job?.job_id ?? null,
    job_name: job?.job_name ?? '',
    end:
      old.cause === null
        ? null
        : {
            cause: old.cause,
            schedulerState: job?.state ?? null,
            message: old.message ?? '',
            node: job?.node ?? null,
            usage: job?.usage ?? null,
            nodeAtFault: job !== null && job.node !== null && old.bad_nodes.includes(job.node),
          },
    refusal: null,
    cancelled: false,
    complete: old.cause === null,
    journalled: old.jobs.length > 0,
    not_executable: units.some((unit) => unit.cause === 'not_executable'),
    quit: null,
    ...{ script: old.script, stdout_file: old.stdout_file, stderr_file: old.stderr_file },
    requested: job?.requested ?? {},
    avoided_nodes: old.bad_nodes,
    unreadable: null,
  };
};

/** @throws SyntaxError when it is no outcome file. */
export const evidenceOfOldOutcome = (bytes: Buffer): TryEvidence => {
  const [header, ...rest] = parseLines<OldHeader | OldUnit>(bytes);
  const units = rest as OldUnit[];
  return { header: headerOf(header as OldHeader, units), units: units.map(unitOf) };
};
