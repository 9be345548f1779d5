/** `worker` under a service manager: a socket of its kind hears what systemd would. */
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { watchdogMs } from '../../src/cli/service-manager.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { until, untilFile } from '../support/until.js';

/** Node cannot open a datagram socket in the file system. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("listening", flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;

let sandbox: Sandbox;
let listener: ChildProcess;
let socket: string;
let heard = '';
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
  socket = join(sandbox.dir, 'notify');
  heard = '';
  listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  listener.stdout?.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  await untilFile(socket);
});
afterEach(async () => {
  const gone = once(listener, 'close');
  listener.kill();
  await gone;
  await sandbox.dispose();
});

const count = (text: string): number => heard.split(text).length - 1;

const startWorker = (env: NodeJS.ProcessEnv) => {
  const queue = `managed-${randomUUID()}`;
  const args = ['worker', 'local', '--task-queue', queue, '--address', inject('temporal').address];
  return sandbox.start(args, { env });
};

it('says that it is ready, that it is alive as often as asked, and that it ends', async () => {
  const worker = startWorker({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' });
  await until('READY=1', () => count('READY=1') === 1);
  expect(heard).toContain(`STATUS=workers at ${inject('temporal').address}`);
  await until('three signs of life', () => count('WATCHDOG=1') >= 3);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  await until('STOPPING=1', () => count('STOPPING=1') === 1);
});

it('says nothing of life where nobody asks, and serves where nobody listens', async () => {
  const gone = join(sandbox.dir, 'gone');
  await writeFile(gone, '');
  const worker = startWorker({ NOTIFY_SOCKET: gone });
  await worker.says('Ready');
  await worker.says('the service manager could not be told');
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect(heard).toBe('listening\n');
});

describe('watchdogMs', () => {
  it.each([
    [{ WATCHDOG_USEC: '60000000' }, 30_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' }, 30_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' }, null],
    [{}, null],
    [{ WATCHDOG_USEC: '0' }, null],
    [{ WATCHDOG_USEC: 'soon' }, null],
  ])('%j', (env, expected) => {
    expect(watchdogMs(env, 7)).toBe(expected);
  });
});
