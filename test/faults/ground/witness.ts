/** What units say of themselves, in files that the runner does not know. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Witness {
  /** `{order of its task}-{stem of its files}`. */
  unit: string;
  begins: number;
  /** Its runs that came to success. */
  successes: number;
  /** Whether a run began after one that came to success. */
  beganAfterSuccess: boolean;
  /** Processes that have begun and not said that they ended. */
  open: number[];
}

const read = (unit: string, text: string): Witness => {
  const lines = text.split('\n').filter((line) => line !== '');
  const firstSuccess = lines.indexOf('end 0');
  const begins = lines.flatMap((line, at) => (line.startsWith('begin ') ? [at] : []));
  return {
    unit,
    begins: begins.length,
    successes: lines.filter((line) => line === 'end 0').length,
    beganAfterSuccess: firstSuccess !== -1 && begins.some((at) => at > firstSuccess),
    open: begins
      .filter((at) => !(lines[at + 1] ?? '').startsWith('end '))
      .map((at) => Number((lines[at] ?? '').slice('begin '.length))),
  };
};

export const readWitnesses = async (folder: string): Promise<Witness[]> => {
  const names = (await readdir(folder)).filter((name) => /^\d-/.test(name)).sort();
  return Promise.all(names.map(async (name) => read(name, await readFile(join(folder, name), 'utf8'))));
};

/** Whether a process is a unit that lives: a pid may be another's by now. */
export const isUnitAlive = async (pid: number, folder: string): Promise<boolean> => {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes(folder);
};
