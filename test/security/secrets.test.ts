/**
 * Nothing of the environment and no key gets into files, histories, logs and answers (docs/security.md): marks stand in all of
 * them, and are looked for everywhere.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

/** Part of every mark. */
const MARK = 'MARK4711';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

/** All texts and bytes within an answer of the server, as one text. */
const textsIn = (value: unknown): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textsIn).join('\n');
};

/** Every file below a folder, by its path. */
const filesBelow = async (folder: string): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) found.set(name, await readFile(path, 'latin1'));
  }
  return found;
};

it('marks in the environment, in an API key and in headers are nowhere but there', async () => {
  const profile = join(sandbox.dir, 'temporal.toml');
  await writeFile(
    profile,
    `[profile.default]\napi_key = "key-${MARK}"\n[profile.default.tls]\ndisabled = true\n`,
  );
  const env = {
    ...{ TEMPORAL_CONFIG_FILE: profile, TEMPORAL_GRPC_META_X_TOKEN: `header-${MARK}` },
    ...{ DATABASE_PASSWORD: `password-${MARK}`, NODE_EXTRA: `node-${MARK}`, SLURM_TOKEN: `token-${MARK}` },
  };
  const up = sandbox.start(['up', '--verbose'], { env: { DATABASE_PASSWORD: `password-${MARK}` } });
  await up.says('Ready');
  const address = /Temporal server: (\S+)/.exec(up.stdout())?.[1] ?? '';
  const worker = sandbox.start(
    ['worker', 'local', '--task-queue', 'marked', '--verbose', '--address', address],
    { env },
  );
  await worker.says('Ready');

  const go = join(sandbox.dir, 'go');
  const images = ['a', 'b'];
  const fails = { [zarrUrl(sandbox.dir, 'b')]: { log: 'no cells', exit: 3 } };
  const request = makeRequest({
    ...{ dir: sandbox.dir, images, extra: { activity_task_queue: 'marked' } },
    tasks: [{ type: 'parallel', script: { '*': { log: 'fine', wait_for: go }, ...fails } }],
  });
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const run = sandbox.start(['run', file, '--workflow-id', 'marked', '--verbose', '--address', address], {
    env,
  });

  const connection = await Connection.connect({ address });
  const answers: Record<string, string> = {};
  try {
    const client = new Client({ connection });
    const describe = async () => (await client.workflow.getHandle('marked').describe()).raw;
    await until('a heartbeat', async () => {
      const raw = await describe().catch(() => null);
      if (!raw?.pendingActivities?.some(({ heartbeatDetails }) => heartbeatDetails?.payloads?.length))
        return false;
      answers['description'] = textsIn(raw);
      return true;
    });
    answers['status while it runs'] = (
      await sandbox.run(['status', 'marked', '--json', '--address', address], { env })
    ).stdout;
    await writeFile(go, '');
    expect(await run.ended).toBe(3);
    const execution = { workflowId: 'marked' };
    const history = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution,
    });
    answers['history'] = textsIn(history);
    answers['description at the end'] = textsIn(await describe());
  } finally {
    await connection.close();
  }
  for (const command of [['status', '--json'], ['status'], ['logs'], ['list', '--json']]) {
    const [name = '', ...options] = command;
    const id = name === 'list' ? [] : ['marked'];
    const { code, stdout, stderr } = await sandbox.run([name, ...id, ...options, '--address', address], {
      env,
    });
    expect(code, stderr).toBe(0);
    answers[command.join(' ')] = stdout + stderr;
  }
  worker.child.kill('SIGTERM');
  up.child.kill('SIGINT');
  await Promise.all([worker.ended, up.ended]);
  answers['worker'] = worker.stdout() + worker.stderr();
  answers['up'] = up.stdout() + up.stderr();
  answers['run'] = run.stdout() + run.stderr();

  // Each of them is what it is meant to be.
  expect(answers['history']).toContain('no cells');
  expect(answers['description']).toContain('Test workflow');
  expect(Object.entries(answers).filter(([, text]) => text === '')).toEqual([]);
  expect(Object.entries(answers).flatMap(([name, text]) => (text.includes(MARK) ? [name] : []))).toEqual([]);
  const files = await filesBelow(sandbox.dir);
  files.delete('temporal.toml');
  expect([...files.keys()]).toEqual(expect.arrayContaining(['run/result.json', 'home/temporal.db']));
  expect([...files].flatMap(([name, text]) => (text.includes(MARK) ? [name] : []))).toEqual([]);
});

it.each([
  ['a quote that is not closed', `api_key = "key-${MARK}`],
  ['no quotes', `api_key = key-${MARK}`],
  ['a line end', `api_key = "key-${MARK}\\n"`],
  ['a list', `api_key = ["key-${MARK}"]`],
])('a profile whose key has %s is refused without the key', async (_, line) => {
  const profile = join(sandbox.dir, 'temporal.toml');
  await writeFile(profile, `[profile.default]\naddress = "127.0.0.1:1"\n${line}\n`);
  const { code, stdout, stderr } = await sandbox.run(['list', '--verbose'], {
    env: { TEMPORAL_CONFIG_FILE: profile },
  });
  expect(code).not.toBe(0);
  expect(stderr).not.toBe('');
  expect(stdout + stderr).not.toContain(MARK);
});
