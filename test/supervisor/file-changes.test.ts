/** The file of users changes while workers of users live: what is taken of it, what it shows, what goes on (docs/users.md). */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeRequest } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { startSite, statusOf, untilState, type Site } from './site.js';
import { whyNoUsers, type UnixUser } from './unix-users.js';

const reason = whyNoUsers();
if (reason !== null) console.warn(`a file of users that changes: not tested: ${reason}`);

describe.runIf(reason === null)('a file of users that changes', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ temporal: inject('temporal'), count: 2 });
  });
  afterAll(() => site.dispose());

  /** In one piece, as editors and configuration management do. */
  const replaceFile = async (content: string): Promise<void> => {
    await writeFile(`${site.usersFile}.new`, content, { mode: 0o644 });
    await rename(`${site.usersFile}.new`, site.usersFile);
  };

  /** Lines of one metric. */
  const metric = async (url: string, name: string): Promise<string[]> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name));
  };

  it('wrong, it changes nothing; without a user, it ends their worker, and with them again their run goes on', async () => {
    const [alice, bob] = site.users as [UnixUser, UnixUser];
    const { program, url } = await site.supervise();
    expect(program.stdout()).toContain('Ready: 2 users: workers are started on demand');
    const dir = await site.folder(alice);
    const runs = join(dir, 'runs');
    const task = {
      ...{ type: 'parallel' as const, name: 'Only', runs_file: runs },
      script: { '*': { wait_for: join(dir, 'go') } },
    };
    const run = await site.start(alice, makeRequest({ dir, tasks: [task], images: ['a'] }));
    await untilFile(runs);
    await untilState(url, alice.name, 'running');
    const { pid } = await statusOf(url, alice.name);
    const right = await readFile(site.usersFile, 'utf8');

    await replaceFile(right.replace('"slurm_config"', '"slurm_confg"'));
    await program.says('it stays as it was');
    expect(program.stderr()).toContain('/slurm_confg: expected no field of this name');
    expect(await statusOf(url, alice.name)).toMatchObject({ state: 'running', pid });

    const users = [{ name: bob.name }, { name: 'nobody-of-this-name' }];
    await replaceFile(JSON.stringify({ ...(JSON.parse(right) as object), users }));
    await until('she has no worker', () =>
      statusOf(url, alice.name).then(
        () => false,
        () => true,
      ),
    );
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
    expect(await statusOf(url, 'nobody-of-this-name')).toMatchObject({
      state: 'refused',
      last_end: expect.stringContaining('finds nobody') as string,
    });
    expect(await metric(url, 'fractal_supervised_users{')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/state="refused".* 1$/),
        expect.stringMatching(/state="resting".* 1$/),
        expect.stringMatching(/state="running".* 0$/),
      ]),
    );
    expect(await metric(url, 'fractal_supervised_starts_total')).toEqual([expect.stringMatching(/ 1$/)]);

    await replaceFile(right);
    await writeFile(join(dir, 'go'), '');
    expect((await run.result()).status).toBe('done');
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);
    expect(await metric(url, 'fractal_supervised_starts_total')).toEqual([expect.stringMatching(/ 2$/)]);
    expect(await metric(url, 'fractal_supervised_failures_total')).toEqual([expect.stringMatching(/ 0$/)]);

    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    await replaceFile(JSON.stringify({ ...(JSON.parse(right) as object), users }));
    const next = await site.supervise();
    expect(next.program.stdout()).toContain(
      'Ready: 2 users, 1 of them refused: workers are started on demand',
    );
  });
});
