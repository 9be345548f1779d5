/** `doctor slurm`, the real program as the cluster's user. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster, CommandResult } from './cluster.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export const runDoctor = async (cluster: Cluster, config: unknown, dir: string): Promise<CommandResult> => {
  const file = join(cluster.workDir, 'doctor.json');
  await writeFile(file, JSON.stringify(config));
  return cluster.asUser([process.execPath, program, 'doctor', 'slurm', '--slurm-config', file, '--dir', dir]);
};
