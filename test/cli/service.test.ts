/** `worker` as a service: its port, and its end, whatever state it and its server are in. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startEmbeddedServer } from '../../src/server/index.js';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const LAST_RESORT = 'something hangs';

const monitorOf = async (program: RunningProgram): Promise<string> => {
  await program.says('Monitoring: ');
  return /Monitoring: (http:\S+)/.exec(program.stderr())?.[1] ?? '';
};

interface Answer {
  status: number;
  body: { status?: string; reasons: string[]; queues?: { queue: string; polling: boolean }[] };
}

const ask = async (url: string): Promise<Answer> => {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
};

const scrape = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** What the program logs: a JSON object a line, among lines for people. */
const linesOf = (program: RunningProgram): Record<string, unknown>[] =>
  program
    .stderr()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));

/** A request whose one unit waits for the file `go`. */
const writeRequest = async (queue: string): Promise<string> => {
  const { dir } = sandbox;
  const script = { [zarrUrl(dir, 'a')]: { wait_for: join(dir, 'go') } };
  const tasks = [{ type: 'parallel' as const, runs_file: join(dir, 'runs'), script }];
  const path = join(dir, 'request.json');
  const request = makeRequest({ dir, tasks, images: ['a'], extra: { activity_task_queue: queue } });
  await writeFile(path, JSON.stringify(request));
  return path;
};

describe('a worker with --monitor', () => {
  it('is alive at once, ready when it polls, not ready while its server is away; SIGTERM then leaves its batch', async () => {
    const { binary } = inject('temporal');
    const dbFile = join(sandbox.dir, 'server.db');
    const server = await startEmbeddedServer({ binary, dbFile, logFile: null });
    const ports = { port: Number(server.address.split(':')[1]), uiPort: 0, exact: true };
    let again = server;
    try {
      const queue = `service-${randomUUID()}`;
      const given = ['--address', server.address, '--task-queue', queue];
      const start = () =>
        sandbox.start(['worker', 'workflow', 'local', ...given, '--monitor', '0', '--verbose']);
      const worker = start();
      const url = await monitorOf(worker);
      expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok', reasons: [] } });
      await worker.says('Ready');
      const ready = await ask(`${url}/readyz`);
      expect(ready).toMatchObject({ status: 200, body: { status: 'ready', reasons: [] } });
      const polled = ready.body.queues?.filter(({ polling }) => polling).map(({ queue }) => queue);
      expect(polled).toEqual(['fractal', queue, `${queue}-steps`]);
      expect(await scrape(url)).toContain(
        `temporal_worker_start_total{namespace="default",task_queue="${queue}"} 1`,
      );
      expect(await ask(`${url}/nothing`)).toMatchObject({ status: 404 });
      expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(405);

      const request = await writeRequest(queue);
      const started = await sandbox.run(['start', request, '--address', server.address]);
      expect(started.code).toBe(0);
      await untilFile(join(sandbox.dir, 'runs'));
      const running = 'fractal_batches{backend="local",state="running"} 1\n';
      await until('the batch to count', async () => (await scrape(url)).includes(running));
      const during = await scrape(url);
      expect(during).toContain('fractal_batch_queue_wait_seconds_count{backend="local"} 1\n');
      expect(during).toContain('fractal_batches_adopted_total{backend="local"} 0\n');
      expect(during).toMatch(/fractal_run_folder_free_bytes\{mount="[^"]+"\} [1-9]/);
      expect(during).toMatch(/fractal_worker_info\{version="[\d.]+"\} 1\n/);
      await worker.says('"msg":"batch submitted"');
      const line = linesOf(worker).find(({ msg }) => msg === 'batch submitted');
      const { uuid } = JSON.parse(
        await readFile(join(sandbox.dir, 'run', '.runner', 'run.json'), 'utf8'),
      ) as {
        uuid: string;
      };
      expect(line).toMatchObject({ run: uuid, task: 0, batch: 0, try: 1, run_dir: join(sandbox.dir, 'run') });
      expect(line).toMatchObject({ workflowId: started.stdout.trim(), activityType: 'runBatch' });
      await server.stop();
      await until('it is not ready', async () => (await ask(`${url}/readyz`)).status === 503);
      expect((await ask(`${url}/readyz`)).body.reasons[0]).toContain(server.address);
      expect((await ask(`${url}/healthz`)).status).toBe(200);

      worker.child.kill('SIGTERM');
      expect(await worker.ended).toBe(0);
      again = await startEmbeddedServer({ binary, dbFile, logFile: null, ports });
      const next = await monitorOf(start());
      await until('it to be ready', async () => (await ask(`${next}/readyz`)).status === 200);
      await writeFile(join(sandbox.dir, 'go'), '');
      expect((await sandbox.run(['run', request, '--address', server.address])).code).toBe(0);
      expect(await readFile(join(sandbox.dir, 'runs'), 'utf8')).toBe(`${zarrUrl(sandbox.dir, 'a')}\n`);
      const after = await scrape(next);
      expect(after).toContain('fractal_batches_adopted_total{backend="local"} 1\n');
      expect(after).toContain('fractal_units_total{backend="local",cause="none",outcome="done"} 1\n');
      expect(after).toContain('fractal_batches{backend="local",state="running"} 0\n');
    } finally {
      await again.stop();
    }
  });

  it('refuses an address that is none, and a port that is taken', async () => {
    const { address } = inject('temporal');
    const worker = ['worker', 'workflow', '--task-queue', `w-${randomUUID()}`, '--address', address];
    const wrong = await sandbox.run([...worker, '--monitor', 'everywhere']);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('expected a port or host:port');
    const first = sandbox.start([...worker, '--monitor', '0']);
    const env = { FRACTAL_TEMPORAL_MONITOR: (await monitorOf(first)).replace('http://', '') };
    const second = await sandbox.run(worker, { env });
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain('Cannot listen on 127.0.0.1:');
  });
});

describe('SIGTERM while a worker starts', () => {
  it('ends it, although the server takes connections and says nothing', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const connected = once(silent, 'connection');
      const worker = sandbox.start(['worker', 'workflow', '--address', address, '--monitor', '0']);
      const url = await monitorOf(worker);
      await connected;
      expect((await ask(`${url}/readyz`)).body.reasons).toEqual(['the workers are starting']);
      worker.child.kill('SIGTERM');
      expect(await worker.ended).toBe(0);
      expect(worker.stderr()).not.toContain('No Temporal server answers');
      expect(worker.stderr()).not.toContain(LAST_RESORT);
    } finally {
      silent.close();
    }
  });
});
