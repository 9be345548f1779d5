import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SlurmCommands } from '../../../../src/executors/slurm/commands/commands.js';
import { formatFinding } from '../../../../src/doctor/finding.js';
import { examineSlurm } from '../../../../src/executors/slurm/doctor/index.js';
import type { CommandEnd } from '../../../../src/executors/slurm/commands/sbatch.js';
import { slurmFixture } from '../../../slurm/fixtures.js';
import { configText } from '../config-text.js';
import { said } from '../fake-cluster.js';

let dir: string;
let answers: Record<string, (args: readonly string[]) => CommandEnd>;

const recorded = (name: string): CommandEnd => {
  const { exit_code, stdout, stderr } = slurmFixture(name);
  return said(stdout, exit_code, stderr);
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-doctor-test-'));
  answers = {
    squeue: () => said(''),
    scontrol: () => recorded('scontrol-config'),
    sacct: () => said(''),
    sinfo: () => said('main*|up|infinite\n'),
    timeout: (args) => (args.includes('--test-only') ? said('') : said('7\n')),
    scancel: () => said(''),
  };
});
afterEach(() => rm(dir, { recursive: true }));

const examine = async (config = configText()): Promise<string[]> => {
  const configFile = join(dir, 'config.json');
  await writeFile(configFile, config);
  const commands: SlurmCommands = {
    ask: (command, args) =>
      Promise.resolve(
        args[0] === '--version' ? said('slurm 22.05.8\n') : (answers[command]?.(args) ?? said('', 127)),
      ),
    start: () => Promise.reject(new Error('not used')),
  };
  const lines: string[] = [];
  for await (const finding of examineSlurm({ commands, user: 'ann', configFile, dir }))
    lines.push(formatFinding(finding));
  return lines;
};

it('stops where nobody answers, with the words of the command', async () => {
  answers['squeue'] = () => recorded('squeue-no-controller');
  const lines = await examine();
  expect(lines.at(-1)).toMatch(/^problem .*Unable to contact slurm controller.* -> .*scontrol ping/);
});

it('names every error of the configuration', async () => {
  const lines = await examine(configText({ a: 1, b: 2 }));
  expect(lines.filter((line) => line.startsWith('problem'))).toEqual([
    expect.stringMatching(/config\.json, \/a: got 1 -> expected no such key/),
    expect.stringMatching(/config\.json, \/b: /),
  ]);
});

it('tells accounting that is off from accounting that is down', async () => {
  // Nothing is tried on nodes here.
  answers['timeout'] = () => recorded('sbatch-unknown-partition');
  answers['sacct'] = () => recorded('sacct-no-accounting');
  expect(await examine()).toContainEqual(expect.stringMatching(/^warning {2}accounting: off/));
  answers['sacct'] = () => recorded('sacct-no-slurmdbd');
  expect(await examine()).toContainEqual(
    expect.stringMatching(/^warning {2}accounting: sacct gives no answer/),
  );
});

it.each([
  ['for one unit', () => true, ['a job is refused']],
  [
    'for the usual number of them',
    (args: string[]) => args.includes('--test-only'),
    ['a job is taken', 'a job of the usual size is refused'],
  ],
] as const)(
  "refused %s: sbatch's own words and what to change, nothing further is asked, no files are left",
  async (_, isRefused, said_) => {
    answers['timeout'] = (args) => (isRefused([...args]) ? recorded('sbatch-unknown-account') : said('7\n'));
    const lines = (await examine()).filter((line) => /default_slurm_config: (a job|the largest)/.test(line));
    expect(lines).toEqual(said_.map((words) => expect.stringContaining(words) as string));
    expect(lines.at(-1)).toMatch(
      /^problem .*Invalid account.* -> correct account, or the partition that it may use$/,
    );
    expect(await readdir(dir)).toEqual(['config.json']);
  },
);
