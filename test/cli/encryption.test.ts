/** The program with a key ring: every command works, the server is shown nothing, and without keys it says so. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

/** A dozen starts of the program one after the other. */
const PATIENCE_MS = 300_000;
const CANARY = 'canary-of-the-command-line';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const writeRequest = async (name: string, script: object): Promise<string> => {
  const request = makeRequest({
    dir: join(sandbox.dir, name),
    tasks: [{ type: 'parallel', name: `Task ${CANARY}`, script: { '*': script } }],
    images: [CANARY],
  });
  const file = join(sandbox.dir, `${name}.json`);
  await writeFile(file, JSON.stringify(request));
  return file;
};

describe('with a key ring', () => {
  it(
    'up, run, status, list, logs, cancel, codec-server; the database shows nothing',
    { timeout: PATIENCE_MS },
    async () => {
      const keys = join(sandbox.dir, 'keys.json');
      expect((await sandbox.run(['keys', 'new', keys])).code).toBe(0);
      const env = { FRACTAL_TEMPORAL_KEYS: keys };
      const up = sandbox.start(['up', '--keys', keys]);
      await up.says('Ready.');

      const done = await sandbox.run(['run', await writeRequest('done', { log: CANARY })], { env });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      const { workflow_id: id, workflow_dir: runDir } = JSON.parse(done.stdout) as RunResult;
      const status = await sandbox.run(['status', id], { env });
      expect(status.stdout).toContain(`Task ${CANARY}`);
      expect((await sandbox.run(['logs', id, '0/0'], { env })).stdout).toContain(CANARY);
      expect((await sandbox.run(['list'])).stdout).toContain(id);

      const keyless = await sandbox.run(['status', id]);
      expect(keyless.code).toBe(2);
      expect(keyless.stderr).toContain('no key ring is given: --keys FILE, or FRACTAL_TEMPORAL_KEYS');

      const go = join(sandbox.dir, 'never');
      const begun = join(sandbox.dir, 'long', 'run', '0_task_canary-of-the-command-line');
      const started = await sandbox.run(['start', await writeRequest('long', { wait_for: go })], { env });
      expect(started.code).toBe(0);
      await untilFile(begun.replaceAll('canary-of-the-command-line', 'canary_of_the_command_line'));
      const cancelled = await sandbox.run(['cancel', started.stdout.trim(), '--wait'], { env });
      expect(cancelled, cancelled.stderr).toMatchObject({ code: 0 });
      expect(cancelled.stderr).toContain('is cancelled: nothing of it runs any more');

      const codec = sandbox.start(['codec-server', '--port', '0'], { env });
      await codec.says('Codec server: ');
      const endpoint = /Codec server: (\S+),/.exec(codec.stdout())?.[1] ?? '';
      const address = /Temporal server: (\S+)/.exec(up.stdout())?.[1] ?? '';
      const show = async (...more: string[]): Promise<string> => {
        const args = [
          'workflow',
          'show',
          '-w',
          id,
          '--address',
          address,
          '--output',
          'json',
          '--no-json-shorthand-payloads',
        ];
        const { stdout } = await execa(inject('temporal').binary, [...args, ...more], {
          env: { TEMPORAL_CONFIG_FILE: join(sandbox.dir, 'none.toml') },
        });
        return stdout;
      };
      const asBase64 = Buffer.from(CANARY).toString('base64').slice(0, 8);
      expect(await show()).not.toContain(asBase64);
      const inTheClear = JSON.stringify(await show('--codec-endpoint', endpoint));
      const payloads = [...inTheClear.matchAll(/"data\\": \\"([^"\\]+)\\"/g)].map(([, data = '']) =>
        Buffer.from(data, 'base64').toString(),
      );
      expect(payloads.join('\n')).toContain(CANARY);

      up.child.kill('SIGINT');
      expect(await up.ended).toBe(0);
      const home = sandbox.env['FRACTAL_TEMPORAL_HOME'] ?? '';
      for (const file of await readdir(home)) {
        expect((await readFile(join(home, file))).includes(CANARY), file).toBe(false);
      }
      // What lies in the run's own directory is its owner's, and is not encrypted.
      expect(await readFile(join(runDir, 'result.json'), 'utf8')).toContain(CANARY);
    },
  );

  it('that is missing, or open to others, is exit code 2; so is a codec server without one', async () => {
    const list = await sandbox.run([
      'list',
      '--keys',
      join(sandbox.dir, 'no.json'),
      '--address',
      'localhost:1',
    ]);
    expect(list.code).toBe(2);
    expect(list.stderr).toContain('there is no such file');
    const keys = join(sandbox.dir, 'open.json');
    await writeFile(keys, '{}', { mode: 0o644 });
    const open = await sandbox.run(['codec-server', '--keys', keys]);
    expect(open.code).toBe(2);
    expect(open.stderr).toContain('has mode 0644');
    expect((await sandbox.run(['codec-server'])).code).toBe(2);
    expect((await sandbox.run(['codec-server', '--cors-origin', '*'])).stderr).toContain(
      'expected the origin',
    );
  });
});
