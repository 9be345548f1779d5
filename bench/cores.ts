/** Numeric units in one SLURM job: with cores of their own, and with all of the job's for each (docs/slurm.md). */
import { chown, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../test/slurm/cluster.js';
import type { Bench, BenchContext, Row } from './bench.js';
import { median, seconds, sum, times } from './measure.js';
import { taskProgram } from './requests.js';
import { journalsOf } from './slurm-jobs.js';
import { type BenchUnit, onCluster, type Site, withWorker } from './slurm-site.js';
import { CORES_REPETITIONS, CORES_UNIT_MB, CORES_UNITS, SLURM_SHORT_POLL_SECONDS } from './tunables.js';

/** What bench/tasks/numeric.py says. */
interface Used {
  cpus: number;
  seconds: number;
  cpu_seconds: number;
  involuntary_switches: number;
}

/** Of one job. */
interface JobUse {
  wall: number;
  cpu: number;
  switches: number;
  cpus: number;
}

/** A Python with numpy and dask that the cluster's user may run. */
const numericPython = async (cluster: Cluster): Promise<string> => {
  const venv = join(cluster.workDir, 'numeric');
  await mkdir(venv);
  await chown(venv, cluster.uid, cluster.gid);
  const python = join(venv, 'bin', 'python');
  // Debian's: one in root's home is nothing that the cluster's user could run.
  await execa('/usr/bin/python3', ['-m', 'venv', venv]);
  await execa(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'numpy', 'dask']);
  return python;
};

const useOf = async (runDir: string): Promise<JobUse> => {
  const [journal] = await journalsOf(runDir);
  const folder = join(runDir, '0_unit');
  const logs = (await readdir(folder)).filter((name) => name.endsWith('-log.txt'));
  const used = await Promise.all(
    logs.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Used),
  );
  if (used.length !== CORES_UNITS)
    throw new Error(`${used.length} of ${CORES_UNITS} units have said something`);
  return {
    wall: (journal?.lastEnd ?? NaN) - (journal?.firstStart ?? NaN),
    cpu: sum(used.map((unit) => unit.cpu_seconds)),
    switches: sum(used.map((unit) => unit.involuntary_switches)),
    cpus: Math.max(...used.map((unit) => unit.cpus)),
  };
};

const measured = async ({ say }: BenchContext, own: Site, all: Site, unit: BenchUnit): Promise<Row[]> => {
  const uses: Record<'own' | 'all', JobUse[]> = { own: [], all: [] };
  // In turns: whatever else the machine does meets both.
  for (let repetition = 0; repetition < CORES_REPETITIONS; repetition += 1)
    for (const [name, site] of Object.entries({ own, all }) as ['own' | 'all', Site][]) {
      const { dir } = await site.run(CORES_UNITS, CORES_UNITS, unit);
      const use = await useOf(join(dir, 'run'));
      uses[name].push(use);
      say(
        `${name}: ${use.cpus} CPUs a unit, ${seconds(use.wall)}, ${seconds(use.cpu)} of processor, ${use.switches} switches`,
      );
    }
  const of = (name: 'own' | 'all', field: keyof JobUse): number =>
    median(uses[name].map((use) => use[field]));
  const row = (what: string, field: keyof JobUse, text: (value: number) => string): Row => ({
    what: `${CORES_UNITS} units of numpy and dask, two at once in a job on 2 cores, each with its own: ${what}`,
    measured: text(of('own', field)),
    peer: `each with both: ${text(of('all', field))}`,
    ratio: times(of('own', field) / of('all', field)),
    limit: '',
    reached: null,
  });
  return [
    row('wall time', 'wall', seconds),
    row('processor time', 'cpu', seconds),
    row('involuntary context switches', 'switches', (value) => value.toFixed(0)),
  ];
};

export const cores: Bench = {
  name: 'cores',
  title: 'numeric units in one SLURM job, with and without cores of their own',
  byNameOnly: true,
  run: (context) =>
    onCluster(context, async (cluster) => {
      const command = `${await numericPython(cluster)} ${taskProgram('numeric.py')}`;
      const poll = { poll_interval_seconds: SLURM_SHORT_POLL_SECONDS };
      return withWorker(context, cluster, poll, (own) =>
        withWorker(context, cluster, { ...poll, own_cores: false }, (all) =>
          measured(context, own, all, { command, mem: CORES_UNIT_MB }),
        ),
      );
    }),
};
