/** Processes of batch scripts and of warm servers, told apart by whose children they are. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Ground } from './warm-scripts.js';

interface Process {
  pid: number;
  parent: number;
  session: number;
  /** Words of its command line, each after a zero byte but for the first. */
  line: string;
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

const linkOf = (file: string): string => {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** proc(5): what follows the name, which may hold anything. */
const processOf = (pid: number): Process => {
  const stat = textOf(`/proc/${pid}/stat`);
  const [, parent = 0, , session = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { pid, parent, session, line: textOf(`/proc/${pid}/cmdline`) };
};

export type Kind = 'stub' | 'unit' | 'node' | 'base' | 'root';

const holdsNodesPipe = (pid: number): boolean =>
  namesIn(`/proc/${pid}/fd`).some((fd) => /\/node-\d+$/.test(linkOf(`/proc/${pid}/fd/${fd}`)));

/** Roots write down who they are. */
const rootsOf = ({ root }: Ground): number[] =>
  namesIn(root).map((name) => Number(textOf(join(root, name, 'pid')).split(' ')[0]));

/**
 * What there is at this moment; without awaiting anything, so that it is there still. A stub is a child of a lane, which is a
 * child of the script: neither script nor lanes are among them.
 *
 * @param scripts pids of batch scripts.
 */
export const processTree = (ground: Ground, scripts: number[]): Record<Kind, number[]> => {
  const found: Record<Kind, number[]> = { stub: [], unit: [], node: [], base: [], root: [] };
  const all = namesIn('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => processOf(Number(entry)));
  const roots = new Set(rootsOf(ground));
  const lanes = new Set(all.filter(({ parent }) => scripts.includes(parent)).map(({ pid }) => pid));
  for (const { pid, parent, session, line } of all) {
    if (lanes.has(parent)) found.stub.push(pid);
    else if (!line.includes(`\0${ground.root}/`)) continue;
    else if (roots.has(pid)) found.root.push(pid);
    else if (session === pid) found.unit.push(pid);
    else found[holdsNodesPipe(pid) ? 'node' : 'base'].push(pid);
  }
  return found;
};
