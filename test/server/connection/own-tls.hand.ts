/**
 * The Temporal server proper with client certificates, by the variables of its image (docs/docker.md#who-can-reach-it): the
 * tests of `npm test` have a proxy with TLS in front of a development server. Needs root, PostgreSQL and a Go toolchain.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { LOOPBACK_NAMES, makeAuthority } from '../../support/certificates.js';
import { createSandbox, type Sandbox } from '../../support/cli.js';
import { startPostgresql } from '../../support/postgresql.js';
import { makeRequest } from '../../support/scripted-requests.js';
import {
  clientTlsVariables,
  startServerOnPostgresql,
  type ServerOnPostgresql,
} from '../../support/server-on-postgresql.js';
import type { RunResult } from '../../../src/wire/result.js';

const BUILD_MS = 1_800_000;

let dir: string;
let sandbox: Sandbox;
let server: ServerOnPostgresql;
let known: Record<string, string>;
let strange: Record<string, string>;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-own-tls-'));
  await chmod(dir, 0o755);
  ends.push(() => rm(dir, { recursive: true, force: true }));
  const [ours, foreign] = await Promise.all([makeAuthority(dir, 'ours'), makeAuthority(dir, 'foreign')]);
  const tls = {
    ca: ours.certificate,
    server: await ours.issue('server', { names: LOOPBACK_NAMES }),
    client: await ours.issue('login-node'),
  };
  const postgresql = await startPostgresql(join(dir, 'postgresql'));
  ends.push(() => postgresql.kill());
  await mkdir(join(dir, 'server'));
  const { binary: temporal } = inject('temporal');
  server = await startServerOnPostgresql({ dir: join(dir, 'server'), postgresql, temporal, tls });
  ends.push(() => server.kill());
  sandbox = await createSandbox(temporal);
  ends.push(() => sandbox.dispose());
  const at = { TEMPORAL_ADDRESS: server.address };
  known = { ...at, ...clientTlsVariables(tls) };
  strange = { ...at, ...clientTlsVariables({ ...tls, client: await foreign.issue('stranger') }) };
}, BUILD_MS);
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

it('workers and clients with its certificates run what they are given', async () => {
  const workers = ['workflow', 'local'].map((kind) => sandbox.start(['worker', kind], { env: known }));
  await Promise.all(workers.map((worker) => worker.says('Ready')));
  const request = makeRequest({
    dir: sandbox.dir,
    tasks: [{ type: 'parallel', script: { '*': { log: 'over TLS' } } }],
    images: ['a'],
  });
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const run = await sandbox.run(['run', file], { env: known });
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const { workflow_id: id } = JSON.parse(run.stdout) as RunResult;
  expect(await sandbox.run(['status', id], { env: known })).toMatchObject({ code: 0 });
  const doctor = await sandbox.run(['doctor', '--json'], { env: known });
  expect(doctor.stdout).toMatch(
    /"ok",\s*"what": "Temporal server [^"]*, TLS with a certificate of the client"/,
  );
});

it.each([
  [
    'no certificate',
    () => ({ ...known, TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' }),
    'it wants a client certificate, and none is given',
  ],
  ['one of another authority', () => strange, 'it does not accept our client certificate'],
  ['no TLS at all', () => ({ TEMPORAL_ADDRESS: server.address }), 'it speaks TLS, and we do not'],
])('a client with %s is refused, in words', async (_, env, words) => {
  const { code, stderr } = await sandbox.run(['list'], { env: env() });
  expect(stderr).toMatch(new RegExp(`^No Temporal server answers at ${server.address}: ${words}`));
  expect(code).toBe(6);
});
