import { describe, expect, it } from 'vitest';
import { createReadiness, type QueueState } from '../../src/monitor/readiness.js';

const queue = (polling: boolean): QueueState => ({ queue: 'fractal', type: 'workflow', polling });

const watched = (problem: string | null, queues: QueueState[]) => {
  const calls = { asked: 0 };
  return {
    calls,
    address: 'temporal:7233',
    namespace: 'default',
    queues: () => queues,
    ask: () => {
      calls.asked++;
      return Promise.resolve(problem);
    },
  };
};

describe('readiness', () => {
  it('is not there before the workers are, and not any more when they end', async () => {
    const probe = createReadiness();
    expect(await probe.look()).toMatchObject({ status: 'not ready', reasons: ['the workers are starting'] });
    probe.watch(watched(null, [queue(true)]));
    expect(await probe.look()).toMatchObject({ status: 'ready', reasons: [] });
    probe.end();
    expect((await probe.look()).reasons).toEqual(['the workers are ending; batches go on']);
    probe.watch(watched(null, [queue(true)]));
    expect((await probe.look()).status).toBe('not ready');
  });

  it('says which queue is not polled, and that the server is away', async () => {
    const probe = createReadiness();
    probe.watch(watched('no route', [queue(false), { ...queue(true), queue: 'other' }]));
    expect(await probe.look()).toEqual({
      status: 'not ready',
      reasons: [
        'the server at temporal:7233 does not answer: no route',
        'the workflow queue fractal is not polled',
      ],
      server: { address: 'temporal:7233', namespace: 'default', reachable: false },
      queues: [queue(false), { ...queue(true), queue: 'other' }],
    });
  });

  it('asks the server once for probes at the same time', async () => {
    const probe = createReadiness();
    const { calls, ...rest } = watched(null, [queue(true)]);
    probe.watch(rest);
    await Promise.all([probe.look(), probe.look(), probe.look()]);
    expect(calls.asked).toBe(1);
  });
});
