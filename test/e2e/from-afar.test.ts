/** A caller that does not see the directory of the run: in a mount namespace of its own, with an empty folder in its place. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { SPILL_OVER_BYTES } from '../../src/client/tunables.js';
import { PIECE_BYTES, type RunFilePiece } from '../../src/wire/run-file.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const address = inject('temporal').address;

/** Others may not make mount namespaces; what is asked of the workers is tested below for everybody. */
const isRoot = process.getuid?.() === 0;

let harness: Harness;
let own: string;
beforeAll(async () => {
  harness = await startHarness({ address });
  own = await mkdtemp(join(tmpdir(), 'fractal-temporal-afar-'));
});
afterAll(async () => {
  await harness.stop();
  await rm(own, { recursive: true, force: true });
});

/** The program where `dir` is an empty folder; code and both outputs. */
const elsewhere = async (
  dir: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const script = 'mount -t tmpfs none "$1" && shift && exec "$@"';
  const command = ['-m', 'sh', '-c', script, 'sh', dir, process.execPath, program, ...args];
  const env = { ...process.env, TEMPORAL_ADDRESS: address };
  return run('unshare', command, { env, maxBuffer: 1e8 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
};

const finished = async (): Promise<{ dir: string; handle: RunHandle }> => {
  const dir = await harness.folder();
  const tasks = [
    {
      type: 'parallel' as const,
      script: { [zarrUrl(dir, 'a')]: { log: 'said by a unit' }, '*': { exit: 3 } },
    },
  ];
  const handle = await harness.start(makeRequest({ dir, tasks, images: ['a', 'b'] }));
  await handle.result().catch(() => undefined);
  return { dir, handle };
};

const ask = async (
  dir: string,
  path: string,
  more: object = {},
  workflowId = `read-${randomUUID()}`,
): Promise<RunFilePiece | string> => {
  try {
    return await harness.client.workflow.execute<(input: object) => Promise<RunFilePiece>>('readRunFile', {
      workflowId,
      taskQueue: harness.workflowQueue,
      args: [{ workflow_dir: dir, path, activity_task_queue: harness.activityQueue, ...more }],
    });
  } catch (error) {
    return error instanceof WorkflowFailedError ? String(error.cause?.cause?.toString()) : String(error);
  }
};

/** How many times the run's workers were asked until now. */
const questions = async (dir: string): Promise<number> => {
  const last = `last-${randomUUID()}`;
  await ask(dir, '', {}, last);
  const query = `WorkflowType = 'readRunFile' AND TaskQueue = '${harness.workflowQueue}'`;
  const ids = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { workflowId } of harness.client.workflow.list({ query })) found.push(workflowId);
    return found;
  };
  // What the server lists comes later than what it has done, and in its order.
  await expect.poll(ids, { timeout: 20_000 }).toContain(last);
  return (await ids()).length;
};

describe.runIf(isRoot)('a caller in another mount namespace', () => {
  it('reads logs, events, status and result, and starts a run with a large request', async () => {
    const { dir, handle } = await finished();
    const id = handle.workflowId;
    const listed = await elsewhere(dir, 'logs', id, '--json');
    expect((JSON.parse(listed.stdout) as { label: string; status: string }[]).map((u) => u.status)).toEqual([
      'done',
      'failed',
    ]);
    expect((await elsewhere(dir, 'logs', id, '0/0')).stdout).toBe('said by a unit\n');
    const events = await elsewhere(dir, 'events', id, '--follow', '--json');
    expect(events.stdout).toBe(await readFile(join(dir, 'run', 'events.jsonl'), 'utf8'));
    const status = JSON.parse((await elsewhere(dir, 'status', id, '--json')).stdout) as {
      failed_units: { index: number }[];
      result: { status: string };
    };
    expect(status.failed_units.map(({ index }) => index)).toEqual([1]);
    expect(status.result.status).toBe('failed');

    const second = await harness.folder();
    const request = makeRequest({ dir: second, tasks: [{ type: 'parallel' }], images: ['a'] });
    const file = join(own, 'large.json');
    const queues = { activity_task_queue: harness.activityQueue };
    const large = { ...request, ...queues, logger_name: 'x'.repeat(SPILL_OVER_BYTES * 2) };
    await writeFile(file, JSON.stringify(large));
    const result = join(own, 'result.json');
    const options = ['--task-queue', harness.workflowQueue, '--result', result];
    const ran = await elsewhere(second, 'run', file, ...options);
    expect(ran.stderr).toContain('Started run');
    expect(ran.code).toBe(0);
    expect(JSON.parse(await readFile(result, 'utf8'))).toEqual(
      JSON.parse(await readFile(join(second, 'run', 'result.json'), 'utf8')),
    );
  });

  it('asks the workers four times for the status of a run, however many tasks and failed units it has', async () => {
    const dir = await harness.folder();
    const script = { '*': { log: 'said by a unit' }, [zarrUrl(dir, 'a')]: { exit: 3, log: 'one' } };
    const tasks = [{ type: 'parallel' as const }, { type: 'parallel' as const }];
    const last = {
      type: 'parallel' as const,
      script: { ...script, [zarrUrl(dir, 'b')]: { exit: 4, log: 'two' } },
    };
    const handle = await harness.start(
      makeRequest({ dir, tasks: [...tasks, last], images: ['a', 'b', 'c'] }),
    );
    await handle.result().catch(() => undefined);
    const runDir = join(dir, 'run');
    const before = await questions(runDir);
    const { stdout } = await elsewhere(dir, 'status', handle.workflowId, '--json');
    const { failed_units: failed } = JSON.parse(stdout) as { failed_units: { log_tail: string }[] };
    expect(failed.map(({ log_tail }) => log_tail)).toEqual(['one', 'two']);
    // And once more by `questions` itself.
    expect((await questions(runDir)) - before).toBe(4 + 1);
  });
});

describe('readRunFile', () => {
  it('gives pieces of public files, and refuses all others in words', async () => {
    const { dir } = await finished();
    const runDir = join(dir, 'run');
    await writeFile(join(dir, 'secret'), 'nobody’s business');
    await symlink(join(dir, 'secret'), join(runDir, '0_task_0', 'link.txt'));
    await symlink(dir, join(runDir, '1_folder'));
    const piece = await ask(runDir, 'result.json', { offset: 3, length: 5 });
    expect(piece).toMatchObject({ kind: 'file', offset: 3 });
    expect(await ask(runDir, '0_task_0/never.txt')).toMatchObject({ kind: 'missing' });
    const refused = [
      ['.runner/run.json', /no public file/],
      ['0_task_0/../.runner/run.json', /no public file/],
      ['../secret', /no public file/],
      [join(dir, 'secret'), /no public file/],
      ['0_task_0/link.txt', /symbolic link/],
      ['1_folder/secret', /symbolic link/],
      ['0_task_0/deeper/file', /no public file/],
    ] as const;
    for (const [path, words] of refused) expect(await ask(runDir, path)).toMatch(words);
    expect(await ask(dir, 'result.json')).toMatch(/no directory of a run/);
    expect(await ask(runDir, 'result.json', { length: 2 ** 21 })).toMatch(/length: expected/);
  });

  it('gives pieces of several files at once, as many as there is room for', async () => {
    const { dir } = await finished();
    const runDir = join(dir, 'run');
    const large = randomBytes(PIECE_BYTES);
    await writeFile(join(runDir, '0_task_0', 'large.txt'), large);
    const more = [
      { path: 'result.json', length: 5 },
      { path: '.runner/run.json' },
      { path: '0_task_0' },
      { path: '0_task_0/never.txt' },
      { path: '0_task_0/large.txt', digest: false },
      { path: 'workflow.log' },
    ];
    const answer = await ask(runDir, '', { more, length: 0 });
    if (typeof answer === 'string') throw new Error(answer);
    expect(answer).toMatchObject({ kind: 'folder', data: '' });
    expect(answer.more?.map((piece) => piece?.kind)).toEqual([
      'file',
      undefined,
      'folder',
      'missing',
      'file',
    ]);
    const data = gunzipSync(Buffer.from(answer.more?.[4]?.data ?? '', 'base64'));
    expect(data.length).toBeLessThan(PIECE_BYTES);
    expect(data.equals(large.subarray(0, data.length))).toBe(true);
    expect(await ask(runDir, '', { more: Array(101).fill({ path: 'result.json' }) })).toMatch(/at most 100/);
    expect(await ask(runDir, '', { more: ['result.json'] })).toMatch(/more: expected/);
  });
});
