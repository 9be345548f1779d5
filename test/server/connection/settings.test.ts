/** Settings of a connection that are wrong by themselves. */
import { describe, expect, it } from 'vitest';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProfile } from '../../../src/server/connection/profile.js';
import { client, dir, enter, KEY, known, ours, useGates } from './gates.js';

const NOBODY = 65534;

useGates();

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
