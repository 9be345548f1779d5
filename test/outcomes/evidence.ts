/** Evidence as a batch leaves it; tests change what they are about. */
import type { BatchEvidence, TryEvidence, UnitEvidence } from '../../src/outcomes/evidence.js';
import type { EndOfBatch } from '../../src/batch/contract.js';
import { policyOf, type Policy } from '../../src/outcomes/policy.js';
import { settleRecovery } from '../../src/outcomes/settle-recovery.js';
import type { Outcome } from '../../src/outcomes/unit-outcome.js';
import { judgeTry, noVerdict, type Verdict } from '../../src/outcomes/verdict.js';
import type { GivenRecovery } from '../../src/wire/recovery.js';

export const batchEvidence = (rest: Partial<BatchEvidence> = {}): BatchEvidence => ({
  key: 'key',
  try: 1,
  batch: 0,
  backend: 'slurm',
  component: 'parallel',
  job_ids: ['1'],
  told_job: '1',
  job_name: 'name',
  end: null,
  refusal: null,
  cancelled: false,
  complete: true,
  journalled: true,
  not_executable: false,
  quit: null,
  script: '/run/script.sh',
  stdout_file: '/run/1.out',
  stderr_file: '/run/1.err',
  requested: {},
  avoided_nodes: [],
  unreadable: null,
  ...rest,
});

export const saidEnd = (cause: EndOfBatch['cause'], rest: Partial<EndOfBatch> = {}): EndOfBatch => ({
  ...{ cause, schedulerState: cause.toUpperCase(), message: `it ended: ${cause}`, node: 'n1', usage: null },
  ...rest,
});

const unit = (index: number, rest: Partial<UnitEvidence>): UnitEvidence => ({
  ...{ index, stem: `par-${index}`, zarr_url: `/zarr/${index}` },
  ...{ begun: true, end: null, output: null, problem: null, lost_output: false },
  ...rest,
});

/** Its process ended with this status. */
export const endedUnit = (
  index: number,
  status: number | null,
  rest: Partial<UnitEvidence> = {},
): UnitEvidence => unit(index, { end: { status, seconds: 1, ended_at: 100 + index, job_id: '1' }, ...rest });

/** It began, and nothing tells of its end. */
export const begunUnit = (index: number): UnitEvidence => unit(index, {});

export const neverBegunUnit = (index: number): UnitEvidence => unit(index, { begun: false });

export const tryOf = (header: Partial<BatchEvidence>, ...units: UnitEvidence[]): TryEvidence => ({
  header: batchEvidence(header),
  units,
});

/** As a run has it of which a request and a worker gave this. */
export const policyWith = (given: GivenRecovery = {}): Policy => ({
  ...policyOf({ recovery: settleRecovery({}, given, {}) }, 0),
  inParts: true,
});

/** The verdict on tries one after the other, each in its parts. */
export const verdictOn = (policy: Policy, ...tries: (TryEvidence | TryEvidence[])[]): Verdict =>
  tries.reduce<Verdict>((before, one) => judgeTry(before, [one].flat(), policy), noVerdict);

/** One outcome a try that has one part. */
export const judgeTries = (tries: readonly TryEvidence[], policy: Policy): readonly Outcome[] =>
  verdictOn(policy, ...tries).outcomes;
