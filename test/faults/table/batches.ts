/** Faults of local batches: their script or a unit is killed. */
import { readdir, readFile } from 'node:fs/promises';
import type { Fault } from '../ground/fault.js';
import { found, type RunUnderFault } from '../ground/run.js';
import { isUnitAlive, readWitnesses } from '../ground/witness.js';
import { kill } from '../../support/kill.js';

const processesOf = async (text: string): Promise<number[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
      return command.includes(text) ? [Number(id)] : [];
    }),
  );
  return found.flat();
};

const livingUnits = async (witnessDir: string): Promise<number[]> => {
  const open = (await readWitnesses(witnessDir)).flatMap((witness) => witness.open);
  const alive = await Promise.all(open.map((pid) => isUnitAlive(pid, witnessDir)));
  return open.filter((_, index) => alive[index]);
};

const scriptsOf = ({ place }: RunUnderFault): Promise<number[]> =>
  processesOf(`${place.runDir}/.runner/batches/`);

export const batchFaults: readonly Fault[] = [
  {
    ...{ name: 'unit: SIGKILL', on: ['local', 'slurm'], spoils: ['signal'] },
    inject: async ({ run, random }) => {
      const units = await found(run, () => livingUnits(run.place.witnessDir));
      return units.length > 0 && kill(random.pick(units));
    },
  },
  {
    ...{ name: 'batch script: SIGKILL', on: ['local'], spoils: ['interrupted', 'never_started'] },
    inject: async ({ run, random }) => {
      const scripts = await found(run, () => scriptsOf(run));
      return scripts.length > 0 && kill(random.pick(scripts));
    },
  },
  {
    ...{ name: 'batch script and its units: SIGKILL at once', on: ['local'] },
    spoils: ['interrupted', 'never_started', 'signal'],
    inject: async ({ run }) => {
      const scripts = await found(run, () => scriptsOf(run));
      const units = await livingUnits(run.place.witnessDir);
      return [...scripts, ...units].map((pid) => kill(pid)).some((was) => was);
    },
  },
];
