import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { keepRunsForWeeks } from '../../src/server/retention.js';
import { until } from '../support/until.js';

const DAY_SECONDS = 86_400;

let connection: Connection;
let address: string;
beforeAll(async () => {
  address = inject('temporal').address;
  connection = await Connection.connect({ address });
});
afterAll(() => connection.close());

const retentionDays = async (namespace: string): Promise<number> => {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / DAY_SECONDS;
};

const register = async (days: number): Promise<string> => {
  const namespace = `retention-${randomUUID()}`;
  const workflowExecutionRetentionPeriod = msToTs(days * DAY_SECONDS * 1_000);
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await until('the namespace is known', () =>
    retentionDays(namespace).then(
      () => true,
      () => false,
    ),
  );
  return namespace;
};

describe('keepRunsForWeeks', () => {
  it('the embedded server keeps ended runs for 30 days', async () => {
    expect(await retentionDays('default')).toBe(30);
  });

  it('raises a day to 30, twice without harm', async () => {
    const namespace = await register(1);
    expect(await keepRunsForWeeks({ address }, namespace)).toBeNull();
    expect(await keepRunsForWeeks({ address }, namespace)).toBeNull();
    expect(await retentionDays(namespace)).toBe(30);
  });

  it('leaves what somebody has set to more', async () => {
    const namespace = await register(365);
    expect(await keepRunsForWeeks({ address }, namespace)).toBeNull();
    expect(await retentionDays(namespace)).toBe(365);
  });

  it('never throws: where it cannot be done, it says why', async () => {
    expect(await keepRunsForWeeks({ address }, 'no-such-namespace')).toMatch(
      /^retention of no-such-namespace: .*not.found/is,
    );
  });
});
