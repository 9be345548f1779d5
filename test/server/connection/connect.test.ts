/** A real server behind TLS that demands client certificates: every way in, and what is said of every wrong one. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectClient } from '../../../src/client/index.js';
import { resolveTarget } from '../../../src/server/address.js';
import { readProfile } from '../../../src/server/connection/profile.js';
import { noServer } from '../../../src/server/connection/no-server.js';
import { type Authority, LOOPBACK_NAMES, makeAuthority, type Pair } from '../../support/certificates.js';
import { type Proxy, startKeyProxy, startTlsProxy } from '../../support/tls-proxy.js';

const KEY = 'key-of-the-test';
const NOBODY = 65534;

let dir: string;
let ours: Authority;
let foreign: Authority;
let client: Pair;
let proxies: Record<'mtls' | 'tls' | 'otherName' | 'expired' | 'key' | 'plainKey', Proxy>;
let env: Record<string, string>;

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

const trusting = (): Record<string, string> => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.certificate });
const known = (pair = client): Record<string, string> => ({
  TEMPORAL_TLS_CLIENT_CERT_PATH: pair.certificate,
  TEMPORAL_TLS_CLIENT_KEY_PATH: pair.key,
});

/** As the command line does, then a client and a worker's connection on what it found. */
const enter = async (address: string | undefined, more: Record<string, string>, profile?: string) => {
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

const failure = (address: string, more: Record<string, string>): Promise<Error> =>
  enter(address, more).then(
    () => new Error('it came in'),
    (error: unknown) => error as Error,
  );

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

describe('settings that are wrong by themselves are told before anybody is asked', () => {
  const path = (name: string): string => join(dir, name);
  const wrong = async (more: Record<string, string>, profile?: string): Promise<Error> =>
    enter('localhost:1', more, profile).then(
      () => new Error('it came in'),
      (error: unknown) => error as Error,
    );
  const expectSaid = async (more: Record<string, string>, says: RegExp, profile?: string): Promise<void> => {
    const error = await wrong(more, profile);
    expect(error.message).toMatch(says);
    expect(error.name).toBe('ConnectionSettingsError');
  };

  it('a certificate without its key, a key without its certificate', async () => {
    await expectSaid(
      { TEMPORAL_TLS_CLIENT_CERT_PATH: client.certificate },
      /certificate is given without its key.*TEMPORAL_TLS_CLIENT_KEY_PATH/,
    );
    await expectSaid(
      { TEMPORAL_TLS_CLIENT_KEY_PATH: client.key },
      /key is given without its certificate.*TEMPORAL_TLS_CLIENT_CERT_PATH/,
    );
  });

  it('a file that is not there, is a folder, or is not readable', async () => {
    const pair = { certificate: client.certificate, key: path('missing.key') };
    await expectSaid(
      known(pair),
      /key \S+missing\.key cannot be read: there is no such file.*CLIENT_KEY_PATH/,
    );
    await expectSaid({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: dir }, /cannot be read: it is a folder/);
  });

  it('a file that this user may not read', async () => {
    await writeFile(path('locked.pem'), 'x');
    await chmod(path('locked.pem'), 0);
    const isRoot = process.getuid?.() === 0;
    // Root may read everything.
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      const read = () => readProfile(undefined, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: path('locked.pem') });
      expect(read).toThrow(/locked\.pem cannot be read: this user may not read it/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('what is no certificate, what is no key, two that do not belong together', async () => {
    await writeFile(path('words.pem'), 'just words');
    await expectSaid(
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: path('words.pem') },
      /words\.pem holds no certificate/,
    );
    await expectSaid(
      known({ ...client, key: path('words.pem') }),
      /words\.pem cannot be used: it holds no private key/,
    );
    const other = await ours.issue('other');
    await expectSaid(known({ ...client, key: other.key }), /does not belong to the client certificate/);
  });

  it('a client certificate that has expired', async () => {
    const old = await ours.issue('old-client', { notAfter: '20210101000000Z' });
    await expectSaid(known(old), /client certificate \S+old-client\.pem has expired on Jan {2}1 .*2021/);
  });

  it('a switch that is neither on nor off, an address with a scheme', async () => {
    await expectSaid({ TEMPORAL_TLS: 'yes' }, /TEMPORAL_TLS=yes: expected true, false, 1 or 0/);
    await expect(enter('https://localhost:7233', {})).rejects.toThrow(/expected HOST:PORT, without http/);
  });

  it('a name that is not to be verified: the SDK would verify it, and say nothing', async () => {
    await expectSaid({ TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' }, /cannot do: it verifies always/);
  });

  it('an API key with a line end, and the key is not shown', async () => {
    const error = await wrong({ TEMPORAL_API_KEY: `${KEY}\n` });
    expect(error.message).toMatch(/API key .* holds a space, a line end/);
    expect(error.message).not.toContain(KEY);
  });

  it('an API key and a header of the same meaning', async () => {
    const more = { TEMPORAL_API_KEY: KEY, TEMPORAL_GRPC_META_AUTHORIZATION: 'Bearer x' };
    await expectSaid(more, /only one can be sent/);
  });

  it('an unknown profile, also where the file has none, and those that there are', async () => {
    await writeFile(path('some.toml'), '[profile.a]\naddress="a:1"\n[profile.b]\naddress="b:1"\n');
    await writeFile(path('empty.toml'), '');
    const some = { TEMPORAL_CONFIG_FILE: path('some.toml') };
    await expectSaid(some, /no profile "c" .*some\.toml\): it has a, b/, 'c');
    await expectSaid({ ...some, TEMPORAL_PROFILE: 'c' }, /no profile "c"/);
    await expectSaid(
      { TEMPORAL_CONFIG_FILE: path('empty.toml'), TEMPORAL_PROFILE: 'c' },
      /no profile "c".*it has none/,
    );
    await expectSaid({ TEMPORAL_PROFILE: 'c' }, /no profile "c".*it has none/);
  });

  it('a file that is no TOML, and a key that nobody reads', async () => {
    await writeFile(path('bad.toml'), '[profile.default\n');
    await expectSaid({ TEMPORAL_CONFIG_FILE: path('bad.toml') }, /bad\.toml\) cannot be used/);
    await writeFile(
      path('misspelt.toml'),
      '[profile.default]\n[profile.default.tls]\nclient_crt_path = "x"\n',
    );
    await expectSaid(
      { TEMPORAL_CONFIG_FILE: path('misspelt.toml') },
      /unknown in profile\.default\.tls: client_crt_path/,
    );
  });
});
