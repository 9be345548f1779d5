/** Workers of three users at once on a real cluster: each job belongs to its user (docs/users.md). */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { startSite, statusOf } from '../supervisor/site.js';
import { makeRequest } from '../support/scripted-requests.js';
import { describeOnCluster } from './on-cluster.js';

// Without accounting: there it would have to know the users.
describeOnCluster('three users on SLURM', {}, (cluster) => {
  it('run at once: jobs, files and units belong to each, and no unit reads or writes the files of another', async () => {
    const environment = { SLURM_CONF: cluster().confFile };
    const site = await startSite({ temporal: inject('temporal'), count: 3, environment });
    try {
      const { url } = await site.supervise();
      const folders = await Promise.all(site.users.map((user) => site.folder(user)));
      const runs = await Promise.all(
        site.users.map(async (user, index) => {
          const dir = folders[index] ?? '';
          const other = folders[(index + 1) % folders.length] ?? '';
          const task = join(dir, 'task.sh');
          const lines = ['id -un', `cat ${other}/task.sh >/dev/null`, `touch ${other}/mine`, 'true'];
          await writeFile(task, `${lines.join('\n')}\n`);
          const tasks = [{ type: 'parallel' as const, name: 'Only', command: `bash ${task}` }];
          return site.start(user, makeRequest({ dir, tasks, images: ['a', 'b'] }));
        }),
      );
      const results: RunResult[] = await Promise.all(runs.map((run) => run.result()));
      expect(results.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
      const { stdout } = await cluster().asRoot(['squeue', '-h', '-t', 'all', '-o', '%i %u']);
      for (const [index, { name }] of site.users.entries()) {
        const ids = results[index]?.task_runs.flatMap(({ slurm_job_ids: jobs }) => jobs) ?? [];
        expect(ids.length).toBeGreaterThan(0);
        expect(stdout.split('\n')).toEqual(expect.arrayContaining(ids.map((id) => `${id} ${name}`)));
        const log = await readFile(
          join(folders[index] ?? '', 'run', '0_only', 'par-000000-0000000-log.txt'),
          'utf8',
        );
        expect(log).toMatch(
          new RegExp(`^${name}\ncat: .*: Permission denied\ntouch: .*/mine.*: Permission denied\n$`),
        );
        expect(await statusOf(url, name)).toMatchObject({ starts: 1, failures: 0 });
      }
    } finally {
      await site.dispose();
    }
  });
});
