import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServerBinary, NoServerBinary } from '../../src/server/binary.js';
import { TEMPORAL_CLI_VERSION } from '../../src/server/tunables.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-binary-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const script = async (path: string, body: string): Promise<string> => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
};

const temporal = (path: string, version: string): Promise<string> =>
  script(path, `echo 'temporal version ${version} (Server 1.31.2, UI 2.50.1)'`);

/** Nothing on PATH but what the test puts there; the SDK's download cannot get out, wherever the test runs. */
const environment = (extra: Record<string, string> = {}): Record<string, string> => ({
  HOME: dir,
  PATH: join(dir, 'bin'),
  FRACTAL_TEMPORAL_CACHE: join(dir, 'cache'),
  HTTPS_PROXY: 'http://127.0.0.1:1',
  HTTP_PROXY: 'http://127.0.0.1:1',
  ...extra,
});

const cached = (): string => join(dir, 'cache', `temporal-${TEMPORAL_CLI_VERSION}`);

describe('findServerBinary', () => {
  it('the explicit path goes before PATH and cache', async () => {
    const explicit = await temporal(join(dir, 'mine'), '1.6.0');
    await temporal(join(dir, 'bin', 'temporal'), '1.7.0');
    await temporal(cached(), TEMPORAL_CLI_VERSION);
    const env = environment({ FRACTAL_TEMPORAL_SERVER_BINARY: explicit });
    expect(await findServerBinary({ env })).toEqual({
      path: explicit,
      version: '1.6.0',
      source: 'environment',
    });
  });

  it('an explicit path that does not work is an error, not a hint', async () => {
    await temporal(cached(), TEMPORAL_CLI_VERSION);
    const env = environment({ FRACTAL_TEMPORAL_SERVER_BINARY: join(dir, 'gone') });
    await expect(findServerBinary({ env })).rejects.toThrow(/FRACTAL_TEMPORAL_SERVER_BINARY.*gone.*ENOENT/);
  });

  it('PATH goes before the cache', async () => {
    const path = await temporal(join(dir, 'bin', 'temporal'), '1.7.0');
    await temporal(cached(), TEMPORAL_CLI_VERSION);
    expect(await findServerBinary({ env: environment() })).toMatchObject({ path, source: 'path' });
  });

  it('one on PATH that is too old is passed over', async () => {
    await temporal(join(dir, 'bin', 'temporal'), '1.4.1');
    await temporal(cached(), TEMPORAL_CLI_VERSION);
    expect(await findServerBinary({ env: environment() })).toMatchObject({ path: cached(), source: 'cache' });
  });

  it('the error lists every way and why it failed', async () => {
    await temporal(join(dir, 'bin', 'temporal'), '1.4.1');
    const error = await findServerBinary({ env: environment() }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoServerBinary);
    const { message } = error as Error;
    for (const part of ['not set', 'version 1.4.1', cached(), "the SDK's download: ", 'no `go` on PATH']) {
      expect(message).toContain(part);
    }
    expect(message).toContain('TEMPORAL_ADDRESS');
  });

  it('where nothing may be installed, nothing is', async () => {
    await expect(findServerBinary({ env: environment(), mayInstall: false })).rejects.toThrow(/not now/);
  });

  it('several at once build once, and say how long it takes', async () => {
    const calls = join(dir, 'calls');
    // Stands for the Go toolchain: counts its builds, takes its time, writes what it was asked to.
    await script(
      join(dir, 'bin', 'go'),
      [
        'PATH=/usr/bin:/bin',
        '[ "$1" = env ] && { echo go1.99.0; exit; }',
        `echo build >> ${calls}`,
        'while [ "$1" != -o ]; do shift; done',
        'sleep 0.3',
        `printf '#!/bin/sh\\necho temporal version ${TEMPORAL_CLI_VERSION}\\n' > "$2"`,
        'chmod +x "$2"',
      ].join('\n'),
    );
    const said: string[] = [];
    const options = { env: environment(), say: (line: string) => said.push(line) };
    const found = await Promise.all([1, 2, 3].map(() => findServerBinary(options)));
    expect(found.map(({ path }) => path)).toEqual([cached(), cached(), cached()]);
    expect(found.map(({ source }) => source).sort()).toEqual(['build', 'cache', 'cache']);
    expect(await readFile(calls, 'utf8')).toBe('build\n');
    expect(said.join('\n')).toMatch(/building the Temporal server .* 3-4 minutes/);
  });

  it('a build that fails leaves nothing behind and shows its last words', async () => {
    await script(
      join(dir, 'bin', 'go'),
      'if [ "$1" = env ]; then echo go1.99.0; else echo "missing go.sum entry" >&2; exit 1; fi',
    );
    await expect(findServerBinary({ env: environment() })).rejects.toThrow(/missing go\.sum entry/);
    await expect(readFile(cached())).rejects.toThrow(/ENOENT/);
  });
});
