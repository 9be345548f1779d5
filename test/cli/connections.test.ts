/** The program at a server behind mTLS: by a profile it works as anywhere, and what is wrong has its exit code. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { type Authority, LOOPBACK_NAMES, makeAuthority, type Pair } from '../support/certificates.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';
import { type Proxy, startKeyProxy, startTlsProxy } from '../support/tls-proxy.js';

let dir: string;
let ours: Authority;
let client: Pair;
let proxy: Proxy;
let sandbox: Sandbox;
let profile: NodeJS.ProcessEnv;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-tls-'));
  ours = await makeAuthority(dir, 'ours');
  client = await ours.issue('login-node');
  const server = await ours.issue('server', { names: LOOPBACK_NAMES });
  proxy = await startTlsProxy(inject('temporal').address, { server, clientCa: ours.certificate });
  sandbox = await createSandbox(inject('temporal').binary);
  const file = join(dir, 'temporal.toml');
  await writeFile(
    file,
    `[profile.facility]\naddress = "${proxy.address}"\n[profile.facility.tls]\n` +
      `server_ca_cert_path = "${ours.certificate}"\n` +
      `client_cert_path = "${client.certificate}"\nclient_key_path = "${client.key}"\n`,
  );
  profile = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'facility' };
});
afterAll(async () => {
  await sandbox.dispose();
  await proxy.close();
  await rm(dir, { recursive: true, force: true });
});

describe('a profile with mTLS', () => {
  it('serves workers, run, status, list and logs', async () => {
    const id = randomUUID();
    const queues = { workflow: `workflow-${id}`, activities: `activities-${id}` };
    const workers = [
      sandbox.start(['worker', 'workflow', '--task-queue', queues.workflow], { env: profile }),
      sandbox.start(['worker', 'local', '--task-queue', queues.activities], { env: profile }),
    ];
    await Promise.all(workers.map((worker) => worker.says('Ready: workers on')));
    const request = makeRequest({
      dir: sandbox.dir,
      tasks: [{ type: 'parallel', name: 'Only', script: { '*': { log: 'over TLS' } } }],
      images: ['a'],
      extra: { activity_task_queue: queues.activities },
    });
    const file = join(sandbox.dir, 'request.json');
    await writeFile(file, JSON.stringify(request));
    const run = await sandbox.run(['run', file, '--task-queue', queues.workflow], { env: profile });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const { workflow_id: workflowId } = JSON.parse(run.stdout) as RunResult;
    for (const args of [['status', workflowId], ['list'], ['logs', workflowId]]) {
      const told = await sandbox.run(args, { env: profile });
      expect(told, told.stderr).toMatchObject({ code: 0 });
      expect(told.stdout).toContain(args[0] === 'logs' ? '0_only' : workflowId);
    }
    const doctor = await sandbox.run(['doctor', '--task-queue', queues.activities, '--json'], {
      env: profile,
    });
    expect(doctor.stdout).toContain(`Temporal server ${proxy.address}: version 1.`);
    expect(doctor.stdout).toMatch(
      /"ok",\s*"what": "Temporal server [^"]*, TLS with a certificate of the client"/,
    );
    expect(doctor.stdout).toMatch(new RegExp(`"ok",\\s*"what": "activity queue ${queues.activities}: `));
    expect(new Set(proxy.clients)).toEqual(new Set(['login-node']));
  });
});

it('a server by its IP address is listed without a word beside', async () => {
  const env = { ...profile, TEMPORAL_ADDRESS: proxy.address.replace('localhost', '127.0.0.1') };
  expect(await sandbox.run(['list'], { env })).toMatchObject({ code: 0, stderr: '' });
});

describe('an API key over TLS', () => {
  const KEY = `key-${randomUUID()}`;
  let guarded: Proxy;
  beforeAll(async () => {
    const server = await ours.issue('guarded', { names: LOOPBACK_NAMES });
    guarded = await startKeyProxy(inject('temporal').address, KEY, { server });
  });
  afterAll(() => guarded.close());

  const doctor = (key: string) =>
    sandbox.run(['doctor', '--address', guarded.address], {
      env: { TEMPORAL_API_KEY: key, TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.certificate },
    });

  it('lets doctor in, which tells of the key and does not show it', async () => {
    const { stdout, stderr } = await doctor(KEY);
    expect(stdout).toMatch(/^ok +Temporal server localhost:\d+: version 1\..*, TLS, API key$/m);
    expect(stdout + stderr).not.toContain(KEY);
  });

  it('is exit code 6 when it is wrong, with words and without the key', async () => {
    const wrong = `wrong-${randomUUID()}`;
    const { code, stdout, stderr } = await doctor(wrong);
    expect([code, stderr]).toEqual([6, expect.stringContaining('refuses: the API key')]);
    expect(stdout + stderr).not.toContain(wrong);
  });
});

describe('exit codes', () => {
  const list = (env: NodeJS.ProcessEnv, ...more: string[]) => sandbox.run(['list', ...more], { env });

  it('2 for what is wrong with the settings', async () => {
    const unknown = await list({ ...profile, TEMPORAL_PROFILE: 'other' });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/no profile "other".*it has facility/);
    const half = await list(
      { TEMPORAL_TLS_CLIENT_CERT_PATH: client.certificate },
      '--address',
      proxy.address,
    );
    expect(half.code).toBe(2);
    expect(half.stderr).toContain('given without its key');
    const missing = await list(
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(dir, 'no.pem') },
      '--address',
      proxy.address,
    );
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('there is no such file');
  });

  it('6 for a server that lets nobody in, with the cause; workers too', async () => {
    const plain = await list({}, '--address', proxy.address);
    expect(plain.code).toBe(6);
    expect(plain.stderr).toContain('it speaks TLS, and we do not');
    const anonymous = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.certificate, TEMPORAL_ADDRESS: proxy.address };
    const worker = await sandbox.run(['worker', 'workflow'], { env: anonymous });
    expect(worker.code).toBe(6);
    expect(worker.stderr).toContain('wants a client certificate');
  });
});
