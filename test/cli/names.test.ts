import { describe, expect, it } from 'vitest';
import { findUnit } from '../../src/cli/commands/logs.js';
import { deploymentOf, planQueues } from '../../src/cli/commands/worker.js';
import type { UnitFiles } from '../../src/report/run-files.js';

const unit = (label: string): UnitFiles => ({
  label,
  order: Number(label.split('/')[0]),
  logFile: `/run/${label}-log.txt`,
  oldLogs: 0,
  record: null,
});

const units = [
  unit('0/non_par'),
  unit('1/non_par'),
  unit('1/par-000000-0000000'),
  unit('1/par-000001-0000011'),
  unit('10/par-000000-0000001'),
];

describe('findUnit', () => {
  it.each([
    ['1/par-000001-0000011', '1/par-000001-0000011'],
    ['1/11', '1/par-000001-0000011'],
    ['1/0', '1/par-000000-0000000'],
    ['0', '0/non_par'],
    ['10', '10/par-000000-0000001'],
    // One digit of an index is not the index.
    ['1/1', undefined],
    // Several units: which one is not said.
    ['1', undefined],
    ['2/0', undefined],
  ])('%s -> %s', (name, label) => {
    expect(findUnit(units, name)?.label).toBe(label);
  });
});

describe('planQueues', () => {
  it.each([
    [['workflow'], undefined, 'fractal', []],
    [['workflow'], 'mine', 'mine', []],
    [['local'], 'mine', null, ['mine']],
    [['workflow', 'local'], 'mine', 'fractal', ['mine']],
    [['workflow', 'local', 'slurm', 'local'], undefined, 'fractal', ['fractal-local', 'fractal-slurm']],
  ])('%j with --task-queue %s', (kinds, taskQueue, workflowQueue, queues) => {
    const plan = planQueues(kinds, taskQueue);
    expect(plan.workflowQueue).toBe(workflowQueue);
    expect(plan.backends.map(({ queue }) => queue)).toEqual(queues);
  });
});

describe('deploymentOf', () => {
  const env = { TEMPORAL_DEPLOYMENT_NAME: 'fractal', TEMPORAL_WORKER_BUILD_ID: '1' };
  const version = (deploymentName: string, buildId: string) => ({ deploymentName, buildId });

  it.each([
    ['nothing said', {}, {}, true, undefined],
    ['options', version('mine', '2'), {}, true, version('mine', '2')],
    ["Temporal's variables", {}, env, true, version('fractal', '1')],
    ['an option over a variable', { buildId: '2' }, env, true, version('fractal', '2')],
    ['variables, and no workflow worker', {}, env, false, undefined],
  ])('%s', (_, options, variables, hasWorkflow, expected) => {
    expect(deploymentOf(options, variables, hasWorkflow)).toEqual(expected);
  });

  it.each([
    [{ deploymentName: 'mine' }, true, 'give --build-id'],
    [{ buildId: '2' }, true, 'give --deployment-name'],
    [version('mine', '2'), false, 'of the `workflow` worker only'],
  ])('%j is refused', (options, hasWorkflow, words) => {
    expect(() => deploymentOf(options, {}, hasWorkflow)).toThrow(words);
  });
});
