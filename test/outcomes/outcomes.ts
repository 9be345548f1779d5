/** Outcomes as a batch leaves them; tests change what they are about. */
import { asPlanned } from '../../src/outcomes/ask.js';
import type { OutcomeHeader, UnitOutcome } from '../../src/outcomes/unit-outcome.js';

export const header = (rest: Partial<OutcomeHeader> = {}): OutcomeHeader => ({
  key: 'key',
  try: 1,
  batch: 0,
  backend: 'local',
  jobs: [],
  cause: null,
  message: null,
  script: '/run/script.sh',
  stdout_file: null,
  stderr_file: null,
  bad_nodes: [],
  unreadable: null,
  ...rest,
});

export const unit = (index: number, rest: Partial<UnitOutcome> = {}): UnitOutcome => ({
  index,
  component: 'parallel',
  zarr_url: `/zarr/${index}`,
  stem: `par-${index}`,
  status: 'done',
  begun: true,
  interrupted: false,
  interrupted_in: null,
  cause: null,
  exit_code: 0,
  signal: null,
  job_id: '1',
  seconds: 1,
  ended_at: 100 + index,
  message: null,
  lost_output: false,
  output: null,
  ...{ wants: asPlanned, spent: {}, barren: 0, preemptions: 0, tries: [] },
  ...rest,
});
