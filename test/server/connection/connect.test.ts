/** A real server behind TLS that demands client certificates: every way in, and what is said of every wrong one. */
import { describe, expect, inject, it } from 'vitest';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { connectClient } from '../../../src/client/index.js';
import { noServer } from '../../../src/server/connection/no-server.js';
import {
  client,
  dir,
  enter,
  failure,
  foreign,
  KEY,
  known,
  ours,
  proxies,
  trusting,
  useGates,
} from './gates.js';

useGates();

describe('client and worker come in', () => {
  it('by mTLS, and the server sees whose certificate it is', async () => {
    expect(await enter(proxies.mtls.address, { ...trusting(), ...known() })).toBe('default');
    expect(new Set(proxies.mtls.clients)).toEqual(new Set(['client']));
  });

  it('by mTLS with the certificates in variables', async () => {
    const more = {
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: await readFile(ours.certificate, 'utf8'),
      TEMPORAL_TLS_CLIENT_CERT_DATA: await readFile(client.certificate, 'utf8'),
      TEMPORAL_TLS_CLIENT_KEY_DATA: await readFile(client.key, 'utf8'),
    };
    expect(await enter(proxies.mtls.address, more)).toBe('default');
  });

  it('by TLS of the server alone', async () => {
    expect(await enter(proxies.tls.address, trusting())).toBe('default');
  });

  it('by the name in the certificate, where the address has another one', async () => {
    const more = { ...trusting(), TEMPORAL_TLS_SERVER_NAME: 'temporal.example' };
    expect(await enter(proxies.otherName.address, more)).toBe('default');
  });

  it('by an API key over TLS', async () => {
    expect(await enter(proxies.key.address, { ...trusting(), TEMPORAL_API_KEY: KEY })).toBe('default');
  });

  it('by an API key without TLS on this machine only', async () => {
    const more = { TEMPORAL_API_KEY: KEY, TEMPORAL_TLS: 'false' };
    expect(await enter(proxies.plainKey.address, more)).toBe('default');
    await expect(enter('temporal.example:7233', more)).rejects.toThrow(
      /would travel to temporal.example:7233/,
    );
  });

  it('by a profile, named by option or variable, with an address of its own', async () => {
    const file = join(dir, 'temporal.toml');
    await writeFile(
      file,
      `[profile.facility]\naddress = "${proxies.mtls.address}"\nnamespace = "default"\n` +
        `[profile.facility.tls]\nserver_ca_cert_path = "${ours.certificate}"\n` +
        `client_cert_path = "${client.certificate}"\nclient_key_path = "${client.key}"\n` +
        `[profile.cloud]\naddress = "${proxies.key.address}"\napi_key = "${KEY}"\n` +
        `[profile.cloud.tls]\nserver_ca_cert_path = "${ours.certificate}"\n`,
    );
    const config = { TEMPORAL_CONFIG_FILE: file };
    expect(await enter(undefined, config, 'facility')).toBe('default');
    expect(await enter(undefined, { ...config, TEMPORAL_PROFILE: 'cloud' })).toBe('default');
  });

  it('variables that are set to nothing are none', async () => {
    const empty = { TEMPORAL_API_KEY: '', TEMPORAL_TLS: '', TEMPORAL_TLS_CLIENT_CERT_PATH: '' };
    expect(await enter(inject('temporal').address, empty)).toBe('default');
  });
});

describe('the cause is told of', () => {
  const cases: [string, () => { at: string; more: Record<string, string>; name?: string; says: RegExp }][] = [
    [
      'no client certificate',
      () => ({
        at: proxies.mtls.address,
        more: trusting(),
        says: /wants a client certificate, and none is given/,
      }),
    ],
    [
      'a plain client at a TLS server',
      () => ({ at: proxies.tls.address, more: {}, says: /speaks TLS, and we do not: set TEMPORAL_TLS=true/ }),
    ],
    [
      'a plain client at an mTLS server',
      () => ({
        at: proxies.mtls.address,
        more: {},
        says: /speaks TLS, and we do not: set TEMPORAL_TLS=true/,
      }),
    ],
    [
      'a TLS client at a plain server',
      () => ({ at: inject('temporal').address, more: trusting(), says: /TLS.*TEMPORAL_TLS=false/ }),
    ],
    [
      'a CA that does not fit',
      () => ({
        at: proxies.mtls.address,
        more: { TEMPORAL_TLS_SERVER_CA_CERT_PATH: foreign.certificate, ...known() },
        says: /not signed by a CA that we trust.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
      }),
    ],
    [
      'no CA at all for one of their own',
      () => ({
        at: proxies.tls.address,
        more: { TEMPORAL_TLS: 'true' },
        says: /not signed by a CA that we trust/,
      }),
    ],
    [
      'a certificate for another name',
      () => ({
        at: proxies.otherName.address,
        more: trusting(),
        says: /for another name than localhost.*temporal\.example/,
      }),
    ],
    [
      'a wrong server name',
      () => ({
        at: proxies.tls.address,
        more: { ...trusting(), TEMPORAL_TLS_SERVER_NAME: 'wrong.example' },
        says: /for another name than wrong\.example/,
      }),
    ],
    [
      'a server certificate that has expired',
      () => ({
        at: proxies.expired.address,
        more: trusting(),
        says: /certificate, or one of those that signed it, has expired/,
      }),
    ],
    ['nothing that listens', () => ({ at: 'localhost:1', more: trusting(), says: /connection refused/ })],
    [
      'no API key',
      () => ({ at: proxies.key.address, more: trusting(), says: /server at \S+ refuses: the API key/ }),
    ],
    [
      'a wrong API key',
      () => ({
        at: proxies.key.address,
        more: { ...trusting(), TEMPORAL_API_KEY: 'wrong' },
        says: /server at \S+ refuses: the API key(?!.*wrong-)/,
      }),
    ],
  ];
  it.concurrent.each(cases)('%s', async (_, make) => {
    const { at, more, says } = make();
    const error = await failure(at, more);
    expect(error.message).toMatch(says);
    expect(error.message).toContain(at);
    expect(error.name).toBe('NoServer');
  });

  it('a client certificate of a foreign authority', async () => {
    const error = await failure(proxies.mtls.address, {
      ...trusting(),
      ...known(await foreign.issue('stranger')),
    });
    expect(error.message).toMatch(/does not accept our client certificate/);
  });

  it('the same to a worker and to the typed client, which ask nobody before', async () => {
    const connection = { address: proxies.tls.address };
    await expect(connectClient({ connection, namespace: 'default' })).rejects.toThrow(
      /speaks TLS, and we do not/,
    );
    const refused = await NativeConnection.connect(connection).catch((error: unknown) =>
      noServer(connection, error),
    );
    expect((refused as Error).message).toMatch(/speaks TLS, and we do not/);
  });
});
