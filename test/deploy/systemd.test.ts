/** The unit files of deploy/systemd, as systemd itself reads them. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const units = fileURLToPath(new URL('../../deploy/systemd/', import.meta.url));
const names = await readdir(units);
const PROGRAM = '/usr/local/bin/fractal-temporal';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-units-'));
  // It is looked for, and installed on no machine that runs tests.
  await writeFile(join(dir, 'fractal-temporal'), '#!/bin/sh\n', { mode: 0o755 });
});
afterAll(() => rm(dir, { recursive: true }));

const isOfUser = (text: string): boolean => text.includes('%h/');

/** What `systemd-analyze verify` says of a text; it exits with 0 for what it only warns of. */
const verify = async (name: string, text: string): Promise<string> => {
  const path = join(dir, name);
  await writeFile(path, text.replaceAll(PROGRAM, join(dir, 'fractal-temporal')));
  const { all } = await execa('systemd-analyze', [...(isOfUser(text) ? ['--user'] : []), 'verify', path], {
    ...{ all: true, reject: false, env: { XDG_RUNTIME_DIR: dir } },
  });
  return all;
};

const optionsOf = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return line.startsWith('#') || at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );

describe.each(names)('%s', (name) => {
  it('has nothing that systemd does not know', async () => {
    expect(await verify(name, await readFile(join(units, name), 'utf8'))).toBe('');
  });

  it('would be found out if it had', async () => {
    const text = (await readFile(join(units, name), 'utf8')).replace('Restart=always', 'Restart=perhaps');
    expect(await verify(`wrong-${name}`, text)).toContain('perhaps');
  });

  it('is restarted for ever, watched, and not killed before a worker has ended in order', async () => {
    const options = optionsOf(await readFile(join(units, name), 'utf8'));
    expect(Object.fromEntries(options)).toMatchObject({
      ...{ Type: 'notify', NotifyAccess: 'all', Restart: 'always', StartLimitIntervalSec: '0' },
      ...{ WatchdogSec: '60s', TimeoutStopSec: '20s' },
    });
    expect(options.get('ExecStart')).toMatch(new RegExp(`^${PROGRAM} worker (workflow|local|slurm)\\b`));
  });
});

it('batches of a local worker outlive it', async () => {
  const text = await readFile(join(units, 'fractal-temporal-local.service'), 'utf8');
  expect(optionsOf(text).get('KillMode')).toBe('process');
});
