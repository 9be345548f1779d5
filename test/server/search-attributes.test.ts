import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  knownSearchAttributes,
  registerSearchAttributes,
  rememberSearchAttributes,
} from '../../src/server/search-attributes.js';
import { until } from '../support/until.js';

const all = ['FractalWorkflow', 'FractalBackend', 'FractalDataset', 'FractalJobId', 'FractalStatus'];

let connection: Connection;
beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporal').address });
});
afterAll(() => connection.close());

describe('search attributes', () => {
  it('the embedded server has them', async () => {
    expect(await knownSearchAttributes(connection, 'default')).toEqual(all);
  });

  it('are registered in a namespace that lacks them, twice without harm', async () => {
    const namespace = `attributes-${randomUUID()}`;
    const day = { seconds: 86_400 as never };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
    await until('the namespace is known', () =>
      connection.operatorService.listSearchAttributes({ namespace }).then(
        () => true,
        () => false,
      ),
    );
    expect(await knownSearchAttributes(connection, namespace)).toEqual([]);
    await until(
      'they are registered',
      async () => (await registerSearchAttributes(connection, namespace)) === null,
    );
    await until(
      'the server shows them',
      async () => (await knownSearchAttributes(connection, namespace)).length === all.length,
    );
    expect(await registerSearchAttributes(connection, namespace)).toBeNull();
  });

  it('never fails: a server that refuses gives a reason', async () => {
    const refusing = {
      operatorService: {
        listSearchAttributes: () => Promise.reject(new Error('permission denied')),
      },
    } as unknown as Connection;
    expect(await registerSearchAttributes(refusing, 'default')).toBe('permission denied');
    expect(await knownSearchAttributes(refusing, 'default')).toEqual([]);
  });

  it('a server is asked once in ten minutes, and each ten seconds while it lacks some', async () => {
    let [asked, clock] = [0, 0];
    let types: Record<string, number> = {};
    const counting = {
      operatorService: {
        listSearchAttributes: () => {
          asked += 1;
          return Promise.resolve({ customAttributes: types });
        },
      },
    } as unknown as Connection;
    const known = rememberSearchAttributes(counting, 'default', () => clock);
    expect(await Promise.all([known(), known()])).toEqual([[], []]);
    expect(asked).toBe(1);
    types = Object.fromEntries(all.map((name) => [name, name === 'FractalJobId' ? 3 : 2]));
    clock = 9_999;
    expect(await known()).toEqual([]);
    clock = 10_000;
    expect(await known()).toEqual(all);
    expect(asked).toBe(2);
    types = {};
    clock = 609_999;
    expect(await known()).toEqual(all);
    clock = 610_000;
    expect(await known()).toEqual([]);
    expect(asked).toBe(3);
  });
});
