/**
 * Writes what a command of a cluster prints into test/fixtures/slurm/*.json (record-fixtures.ts). Names of the machine,
 * its folders and its nodes are replaced by neutral ones.
 */
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { sacctById } from '../../src/executors/slurm/commands/sacct.js';
import type { Cluster, CommandResult } from './cluster.js';
import type { SlurmFixture } from './fixtures.js';
import { until } from './until.js';

export const folder = fileURLToPath(new URL('../fixtures/slurm', import.meta.url));

export const sacctOf = (jobId: string): string[] => ['sacct', ...sacctById(jobId)];

const neutral = (cluster: Cluster, text: string): string =>
  text
    .replaceAll(cluster.dir, '/cluster')
    .replaceAll(cluster.nodes[0], 'n1')
    .replaceAll(cluster.nodes[1], 'n2')
    .replaceAll(new RegExp(`\\b${hostname()}\\b`, 'g'), 'login')
    .replaceAll(/frac\d{5}/g, 'frac')
    .replaceAll(/(127\.0\.0\.1:|Port += )\d{5}/g, '$16819');

const save = async (
  cluster: Cluster,
  name: string,
  command: string[],
  result: CommandResult,
): Promise<void> => {
  const fixture: SlurmFixture = {
    command: command.map((word) => neutral(cluster, word)),
    exit_code: result.exitCode,
    stdout: neutral(cluster, result.stdout),
    stderr: neutral(cluster, result.stderr),
  };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(fixture, null, 2)}\n`);
};

export const record = async (
  cluster: Cluster,
  name: string,
  command: string[],
  input?: string,
): Promise<CommandResult> => {
  const result = await cluster.asUser(command, input === undefined ? {} : { input });
  await save(cluster, name, command, result);
  return result;
};

/** Submits a job that must be taken; its name is the scenario's. */
export const submit = async (
  cluster: Cluster,
  name: string,
  options: string[],
  line: string,
): Promise<string> => {
  const command = ['sbatch', '--parsable', '-J', name, '-o', '/dev/null', '--no-requeue', ...options];
  const result = await cluster.asUser(command, { input: `#!/bin/bash\n${line}\n` });
  if (result.exitCode !== 0) throw new Error(`${name}: ${result.stderr}`);
  return result.stdout.trim();
};

export const stateIs = async (cluster: Cluster, id: string, pattern: RegExp): Promise<boolean> => {
  const { stdout } = await cluster.asUser(['squeue', '-h', '-t', 'all', '-j', id, '-o', '%T %r']);
  return pattern.test(stdout);
};

export const recordJob = async (
  cluster: Cluster,
  name: string,
  id: string,
  pattern: RegExp,
): Promise<void> => {
  await until(() => stateIs(cluster, id, pattern), 150_000);
  await record(cluster, `scontrol-${name}`, ['scontrol', 'show', 'job', '-o', id]);
  // A row's end reaches the database a moment after the controller knows it.
  const ended = /CANCELLED|COMPLETED|DEADLINE|FAIL|OUT_OF_ME|PREEMPTED|TIMEOUT/;
  if (ended.test(String(pattern))) {
    await until(async () => {
      const { stdout } = await cluster.asUser(['sacct', '-n', '-P', '-X', '-j', id, '-o', 'State']);
      return ended.test(stdout);
    });
  }
  await record(cluster, `sacct-${name}`, sacctOf(id));
};
