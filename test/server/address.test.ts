import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { givenTarget, resolveTarget } from '../../src/server/address.js';
import { NoServer } from '../../src/server/connection/no-server.js';

let dir: string;
let env: Record<string, string>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-address-'));
  const config = join(dir, 'temporal.toml');
  await writeFile(
    config,
    '[profile.cluster]\naddress = "temporal.example:7233"\nnamespace = "imaging"\napi_key = "secret"\n',
  );
  env = { TEMPORAL_CONFIG_FILE: config, FRACTAL_TEMPORAL_HOME: join(dir, 'home') };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('givenTarget', () => {
  it('nothing given is null', () => {
    expect(givenTarget({}, env)).toBeNull();
  });

  it('the flag goes before the environment, the environment before the profile', () => {
    const withAddress = { ...env, TEMPORAL_ADDRESS: 'b:2', TEMPORAL_NAMESPACE: 'n' };
    expect(givenTarget({ address: 'a:1' }, withAddress)).toMatchObject({
      connection: { address: 'a:1' },
      namespace: 'n',
      origin: 'given',
    });
    expect(givenTarget({ profile: 'cluster' }, withAddress)?.connection.address).toBe('b:2');
  });

  it('a profile brings address, namespace, API key and TLS', () => {
    const target = givenTarget({ profile: 'cluster' }, env);
    expect(target).toMatchObject({ namespace: 'imaging', connection: { address: 'temporal.example:7233' } });
    expect(target?.connection.apiKey).toBe('secret');
    expect(target?.connection.tls).toBeTruthy();
    expect(target?.connection.grpcCompression).toBeUndefined();
  });

  it('a profile that is not there is an error, not silence', () => {
    expect(() => givenTarget({ profile: 'missing' }, env)).toThrow(/missing/);
  });
});

describe('resolveTarget', () => {
  it('a server that answers is used', async () => {
    const { address } = inject('temporal');
    expect((await resolveTarget({ address }, env))?.connection.address).toBe(address);
  });

  it('one that was given and does not answer is an error; nothing else is tried', async () => {
    const address = `127.0.0.1:${await getPort()}`;
    await expect(resolveTarget({ address }, env)).rejects.toThrow(NoServer);
  });

  it('one that nobody has typed is said to be named by the environment or a profile', async () => {
    const address = `127.0.0.1:${await getPort()}`;
    const message = async (more: Record<string, string>, flags = {}): Promise<string> => {
      const thrown: unknown = await resolveTarget(flags, { ...env, ...more }).catch(
        (error: unknown) => error,
      );
      return (thrown as NoServer).message;
    };
    const away = `No Temporal server answers at ${address}: nothing listens there (connection refused)`;
    expect(await message({}, { address })).toBe(away);
    const own = 'where none is named, `up` and `run` start one of their own.';
    expect(await message({ TEMPORAL_ADDRESS: address })).toBe(`${away}. TEMPORAL_ADDRESS names it; ${own}`);
    await writeFile(env['TEMPORAL_CONFIG_FILE'] ?? '', `[profile.default]\naddress = "${address}"\n`);
    expect(await message({})).toBe(`${away}. A profile names it; ${own}`);
  });

  it('without any there is none', async () => {
    expect(await resolveTarget({}, env)).toBeNull();
  });
});
