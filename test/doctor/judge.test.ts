import { describe, expect, it } from 'vitest';
import {
  judgeBackends,
  judgeClock,
  judgeConnection,
  judgeDisk,
  judgeRetention,
  judgeSearchAttributes,
  judgeWorkflowQueue,
  type ConnectionFacts,
  type QueueFacts,
} from '../../src/doctor/judge.js';

const queue = (name: string, ...identities: string[]): QueueFacts => ({
  name,
  type: name === 'fractal' ? 'workflow' : 'activity',
  pollers: identities.map((identity) => ({ identity, lastSeen: 0 })),
});

const backend = (name: string, batches: string[], steps: string[], onDemand: string[] = []) => ({
  backend: name,
  batches: queue(`fractal-${name}`, ...batches),
  steps: queue(`fractal-${name}-steps`, ...steps),
  onDemand,
});

const ours = '1@a fractal-temporal/0.2.0';

describe('the connection', () => {
  const facts: Omit<ConnectionFacts, 'tls'> = {
    address: 'temporal.site:7233',
    origin: 'given',
    serverVersion: '1.31.2',
    hasApiKey: false,
  };
  it.each([
    [{ ...facts, tls: 'none' }, 'warning'],
    [{ ...facts, tls: 'none', address: '127.0.0.1:7233' }, 'ok'],
    [{ ...facts, tls: 'tls' }, 'ok'],
    [{ ...facts, tls: 'mtls', hasApiKey: true }, 'ok'],
  ] as const)('%j: %s', (given, status) => {
    const finding = judgeConnection(given);
    expect(finding.status).toBe(status);
    expect(finding.what).toContain(given.address);
    expect(finding.what).toContain('1.31.2');
  });
});

describe('retention', () => {
  it.each([
    [30 * 86_400, 'ok', '30 days'],
    [7 * 86_400, 'ok', '7 days'],
    [86_400, 'warning', '1 days'],
    [3_600, 'warning', '1 h'],
    [null, 'warning', 'does not tell'],
  ] as const)('of %s s: %s', (seconds, status, words) => {
    const finding = judgeRetention('default', seconds);
    expect(finding.status).toBe(status);
    expect(finding.what).toContain(words);
  });
});

describe('search attributes', () => {
  it('are named with the command that registers them', () => {
    expect(judgeSearchAttributes([]).status).toBe('ok');
    expect(judgeSearchAttributes(null).status).toBe('warning');
    expect(judgeSearchAttributes([['FractalJobId', 'Int']])).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('create --name FractalJobId --type Int'),
    });
  });
});

describe('queues', () => {
  it('a workflow queue without a worker is a problem', () => {
    expect(judgeWorkflowQueue(queue('fractal'), '0.2.0').status).toBe('problem');
  });

  it('names each worker once, with its version', () => {
    const finding = judgeWorkflowQueue(queue('fractal', ours, ours, '2@b'), '0.2.0');
    expect(finding).toMatchObject({
      status: 'ok',
      what: 'workflow queue fractal: 1@a (0.2.0), 2@b (version unknown)',
    });
  });

  it('warns of a worker of another version', () => {
    const finding = judgeWorkflowQueue(queue('fractal', ours, '2@b fractal-temporal/0.1.0'), '0.2.0');
    expect(finding).toMatchObject({ status: 'warning', remedy: expect.stringContaining('0.2.0') });
  });

  it('one served backend is enough; none is a problem', () => {
    const served = backend('local', [ours], [ours]);
    expect(judgeBackends([served, backend('slurm', [], [])], '0.2.0').map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    const none = judgeBackends([backend('local', [], []), backend('slurm', [], [])], '0.2.0');
    expect(none).toMatchObject([{ status: 'problem', what: expect.stringContaining('fractal-slurm') }]);
  });

  it('a supervisor that starts one on demand is enough', () => {
    expect(judgeBackends([backend('slurm', [], [], ['supervisor 1@a'])], '0.2.0')).toMatchObject([
      { status: 'ok', what: expect.stringContaining('a worker on demand, by supervisor 1@a') },
    ]);
  });

  it('half a worker is a problem', () => {
    const statuses = judgeBackends([backend('local', [ours], [])], '0.2.0').map(({ status }) => status);
    expect(statuses).toEqual(['ok', 'problem']);
  });
});

describe('the clock', () => {
  it.each([
    [{ atLeast: -0.1, atMost: 0.1 }, 'ok', 'agree'],
    [{ atLeast: -30, atMost: 30 }, 'ok', 'agree'],
    [{ atLeast: 1.5, atMost: 1.7 }, 'ok', 'agree'],
    [{ atLeast: 60, atMost: 61 }, 'warning', '60.0 s ahead'],
    [{ atLeast: -61, atMost: -60 }, 'warning', '60.0 s behind'],
    [null, 'warning', 'could not be told'],
  ] as const)('%j: %s', (seconds, status, words) => {
    const finding = judgeClock(seconds);
    expect(finding.status).toBe(status);
    expect(finding.what).toContain(words);
  });
});

describe('disks', () => {
  it.each([
    [100e9, 1e6, 'ok'],
    [100e9, 0, 'ok'],
    [100e9, 10, 'warning'],
    [4e9, 1e6, 'warning'],
    [1e8, 1e6, 'problem'],
  ] as const)('%s bytes, %s files: %s', (bytes, inodes, status) => {
    expect(judgeDisk('runs', '/data', bytes, inodes).status).toBe(status);
  });
});
