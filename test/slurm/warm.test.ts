/** Units forked from a warm interpreter within a job of a real cluster (docs/warm-start.md). */
import { access, chown, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { backendOn, makeBatch, newContext, untilEnded } from './batches.js';
import { describeOnCluster } from './on-cluster.js';
import { until } from './until.js';

/** Tells a file of the server that has forked it, and the job whose processes it is among. */
const PROGRAM = `import os
with open('/proc/%d/cmdline' % os.getppid()) as file:
    words = file.read().split(chr(0))
print(next((word for word in words if 'fractal-warm-' in word), 'no server'), os.environ['SLURM_JOB_ID'])
`;

describeOnCluster('warm interpreters within a job', {}, (cluster) => {
  it('fork the units of a batch with more than its lanes; nothing of them is left', async () => {
    const backend = backendOn(cluster());
    const units = Array<string>(8).fill('');
    const made = await makeBatch(cluster(), backend, { units, lanes: 2 });
    const program = join(made.workingDir, 'program.py');
    await writeFile(program, PROGRAM);
    await chown(program, cluster().uid, cluster().gid);
    // One that the cluster's user can read.
    const batch = { ...made, command: ['/usr/bin/python3', program], warm: true as const };
    const handle = await backend.executor.submit(batch, newContext());
    expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
    const logs = await Promise.all(
      units.map((_, index) =>
        readFile(join(batch.taskDir, `par-000000-${String(index).padStart(7, '0')}-log.txt`), 'utf8'),
      ),
    );
    const [server = '', job = ''] = (logs[0] ?? '').trim().split(' ');
    expect(server).toMatch(/^\/tmp\/fractal-warm-/);
    expect(job).toBe(handle.jobId);
    expect(logs).toEqual(units.map(() => `${server} ${job}\n`));
    await until(() =>
      access(dirname(server)).then(
        () => false,
        () => true,
      ),
    );
  });
});
