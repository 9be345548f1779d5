import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestDigest } from '../../src/client/request.js';
import { workflowArgument } from '../../src/client/spill.js';
import type { Client } from '@temporalio/client';
import { SPILL_OVER_BYTES } from '../../src/client/tunables.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-request-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const request = (extra: object = {}) => ({
  workflow: { name: 'w', task_list: [] },
  dataset: { zarr_dir: '/z', images: [] },
  workflow_dir_local: dir,
  ...extra,
});

describe('requestDigest', () => {
  const shuffled = (value: fc.JsonValue): fc.JsonValue =>
    Array.isArray(value)
      ? value.map(shuffled)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, shuffled(item as fc.JsonValue)]),
          )
        : value;

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => requestDigest(value) === requestDigest(shuffled(value))),
    );
  });

  it('depends on the order of lists and on every value', () => {
    expect(requestDigest({ a: [1, 2] })).not.toBe(requestDigest({ a: [2, 1] }));
    expect(requestDigest({ a: 1 })).not.toBe(requestDigest({ a: 2 }));
  });
});

/** A server whose queues no worker polls: what is spilled lies where a worker may come to see it. */
const nobodyPolls = {
  options: { namespace: 'default' },
  workflowService: { describeTaskQueue: () => Promise.resolve({ pollers: [] }) },
} as unknown as Client;

describe('workflowArgument', () => {
  it('a small request travels as it is', async () => {
    const small = request();
    expect(await workflowArgument(nobodyPolls, small, 'q')).toBe(small);
  });

  it('a large one is spilled into the run directory, with what routes it beside', async () => {
    const large = request({
      backend: 'slurm',
      activity_task_queue: 'mine',
      logger_name: 'x'.repeat(SPILL_OVER_BYTES),
    });
    const argument = (await workflowArgument(nobodyPolls, large, 'q')) as {
      request_file: string;
      sha256: string;
    };
    const { request_file: file, sha256, ...routing } = argument;
    expect(file).toBe(join(dir, '.runner', 'spill', `${sha256}.json`));
    expect(routing).toEqual({ backend: 'slurm', activity_task_queue: 'mine' });
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text)).toEqual(large);
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
    // By this a run that was started without a memo is recognised.
    expect(sha256).toBe(requestDigest(large));
    expect(await workflowArgument(nobodyPolls, large, 'q')).toEqual(argument);
  });

  it('its size counts in bytes, not characters', async () => {
    const wide = request({ logger_name: 'ü'.repeat(SPILL_OVER_BYTES / 2) });
    expect(await workflowArgument(nobodyPolls, wide, 'q')).toHaveProperty('request_file');
  });
});
