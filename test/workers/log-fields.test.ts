import { describe, expect, it } from 'vitest';
import { logFields } from '../../src/workers/log-fields.js';

const run = { dir: '/runs/1', uuid: 'u-1', request: {}, workflow_id: 'fractal-1' };

describe('fields of an activity’s log lines', () => {
  it.each([
    [
      'runBatch',
      { run, position: 2, stage: 'compute', plan: {}, batch: 7, try: 1 },
      { run: 'u-1', run_dir: '/runs/1', task: 2, stage: 'compute', batch: 7, try: 1 },
    ],
    ['applyTask', { run, position: 0, stages: [] }, { run: 'u-1', run_dir: '/runs/1', task: 0 }],
    ['closeRun', { run, records: [] }, { run: 'u-1', run_dir: '/runs/1' }],
    ['openRun', { request: { secret: 1 }, uuid: 'u-1', workflow_id: 'fractal-1' }, { run: 'u-1' }],
    ['an input of another release', null, {}],
  ])('%s', (_name, input, fields) => {
    expect(logFields(input)).toEqual(fields);
  });
});
