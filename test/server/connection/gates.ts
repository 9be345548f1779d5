/** A real server behind several doors, most of them TLS: one that demands client certificates, an expired one, a foreign name, API keys. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import { connectClient } from '../../../src/client/index.js';
import { resolveTarget } from '../../../src/server/address.js';
import { type Authority, LOOPBACK_NAMES, makeAuthority, type Pair } from '../../support/certificates.js';
import { type Proxy, startKeyProxy, startTlsProxy } from '../../support/tls-proxy.js';

export const KEY = 'key-of-the-test';

export let dir: string;
export let ours: Authority;
export let foreign: Authority;
export let client: Pair;
export let proxies: Record<'mtls' | 'tls' | 'otherName' | 'expired' | 'key' | 'plainKey', Proxy>;
let env: Record<string, string>;

/** For a file of tests: what stands above is there from its first test on. */
export const useGates = (): void => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-tls-'));
    const { address } = inject('temporal');
    ours = await makeAuthority(dir, 'ours');
    foreign = await makeAuthority(dir, 'foreign');
    client = await ours.issue('client');
    const server = await ours.issue('server', { names: LOOPBACK_NAMES });
    const elsewhere = await ours.issue('elsewhere', { names: 'DNS:temporal.example' });
    const old = await ours.issue('old', { names: LOOPBACK_NAMES, notAfter: '20210101000000Z' });
    proxies = {
      mtls: await startTlsProxy(address, { server, clientCa: ours.certificate }),
      tls: await startTlsProxy(address, { server }),
      otherName: await startTlsProxy(address, { server: elsewhere }),
      expired: await startTlsProxy(address, { server: old }),
      key: await startKeyProxy(address, KEY, { server }),
      plainKey: await startKeyProxy(address, KEY),
    };
    env = { FRACTAL_TEMPORAL_HOME: join(dir, 'home'), TEMPORAL_CONFIG_FILE: join(dir, 'none.toml') };
  });
  afterAll(async () => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    await rm(dir, { recursive: true, force: true });
  });
};

export const trusting = (): Record<string, string> => ({
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.certificate,
});
export const known = (pair = client): Record<string, string> => ({
  TEMPORAL_TLS_CLIENT_CERT_PATH: pair.certificate,
  TEMPORAL_TLS_CLIENT_KEY_PATH: pair.key,
});

/** As the command line does, then a client and a worker's connection on what it found. */
export const enter = async (address: string | undefined, more: Record<string, string>, profile?: string) => {
  const target = await resolveTarget(
    { ...(address && { address }), ...(profile && { profile }) },
    { ...env, ...more },
  );
  if (target === null) throw new Error('no server is given');
  const { client, close } = await connectClient(target);
  try {
    const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace: target.namespace });
    const connection = await NativeConnection.connect(target.connection);
    await connection.workflowService.getSystemInfo({});
    await connection.close();
    return namespaceInfo?.name;
  } finally {
    await close();
  }
};

export const failure = (address: string, more: Record<string, string>): Promise<Error> =>
  enter(address, more).then(
    () => new Error('it came in'),
    (error: unknown) => error as Error,
  );
