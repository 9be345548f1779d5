/** A cancellation that nobody can carry out yet: it says what it waits for. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { noWorkerOf } from '../../src/report/no-worker.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/server/embedded.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

let sandbox: Sandbox;
let server: EmbeddedServer;
let connection: Connection;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  const { binary } = inject('temporal');
  sandbox = await createSandbox(binary);
  const dynamicConfig = { 'frontend.WorkflowPauseEnabled': 'true' };
  server = await startEmbeddedServer({ binary, dbFile: null, logFile: null, dynamicConfig });
  env = { TEMPORAL_ADDRESS: server.address };
  connection = await Connection.connect({ address: server.address });
});
afterAll(async () => {
  await sandbox.dispose();
  await connection.close();
  await server.stop();
});

const start = async (name: string, extra: Record<string, unknown> = {}): Promise<string> => {
  const script = { '*': { wait_for: '/nowhere' } };
  const task = { type: 'parallel', script, runs_file: join(sandbox.dir, `${name}-runs`) } as const;
  const request = makeRequest({ dir: join(sandbox.dir, name), tasks: [task], images: ['a'], extra });
  const file = join(sandbox.dir, `${name}.json`);
  await writeFile(file, JSON.stringify(request));
  const { code, stdout } = await sandbox.run(['start', file], { env });
  expect(code).toBe(0);
  return stdout.trim();
};

describe('cancel', () => {
  it('of a run without a worker names the queue, of a paused one what unpauses it; both end when they can', async () => {
    const alone = await start('alone');
    const asked = await sandbox.run(['cancel', alone], { env });
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(
      /No worker polls the workflow queue fractal .*The cancellation waits for it/,
    );

    const workers = sandbox.start(['up'], { env });
    const paused = await start('paused');
    await untilFile(join(sandbox.dir, 'paused-runs'));
    const execution = { namespace: 'default', workflowId: paused, identity: 'test', reason: 'a look' };
    await connection.workflowService.pauseWorkflowExecution(execution);
    const said = `Run ${paused} is paused`;
    expect((await sandbox.run(['status', paused], { env })).stdout).toContain(said);
    const waiting = sandbox.start(['cancel', paused, '--wait'], { env });
    await waiting.says(said);
    expect((await sandbox.run(['cancel', paused], { env })).stderr).toContain(said);
    await connection.workflowService.unpauseWorkflowExecution(execution);
    expect(await waiting.ended).toBe(0);
    expect(waiting.stderr()).toContain('is cancelled: nothing of it runs any more');
    workers.child.kill('SIGINT');
    await workers.ended;
    expect(await readFile(join(sandbox.dir, 'paused', 'run', 'result.json'), 'utf8')).toContain(
      '"cancelled"',
    );
  });

  it('of a run whose units nobody would run, which has not begun: it is cancelled, and waits for nobody', async () => {
    const workers = sandbox.start(['worker', 'workflow'], { env });
    await workers.says('Ready');
    const lonely = await start('lonely', { activity_task_queue: 'nobody-polls-this' });
    const asked = await sandbox.run(['cancel', lonely], { env });
    expect(asked.code).toBe(0);
    expect(asked.stderr).toContain(`Run ${lonely} is cancelled: it had not begun.`);
    expect(asked.stderr).not.toContain('waits for it');
    workers.child.kill('SIGINT');
    await workers.ended;
  });

  it('where workers cannot be asked for, the words say that, and no more', async () => {
    const client = new Client({ connection });
    const run = client.workflow.getHandle('no-such-run');
    const [line] = await noWorkerOf(client, run, 'fractal');
    expect(line).toMatch(/^Whether workers poll the queues of this run could not be asked: .*no-such-run/);
  });
});
