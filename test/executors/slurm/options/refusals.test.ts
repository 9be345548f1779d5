/** What a request may not ask for, and what looks alike and is taken. */
import { describe, expect, it } from 'vitest';
import type { LayoutInput } from '../../../../src/batch/contract.js';
import { LayoutError } from '../../../../src/batch/errors.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { taskOptions } from '../../../../src/executors/slurm/options/options.js';
import type { JsonObject } from '../../../../src/wire/request.js';
import { configText } from '../config-text.js';
import { input, resourcesOf } from './site.js';

it.each([
  '#SBATCH --comment="a -J b --array"',
  '#SBATCH --time=1 # --job-name=mine',
  '#SBATCH --wait-all-nodes=1',
  '#SBATCH --mem-bind=local',
  '# --job-name=mine',
  '#SBATCH -pJ',
])('takes the extra line %s', (line) => {
  expect(resourcesOf({ extra_lines: [line] }).extra_lines).toContain(line);
});

it.each([90, '90', '1:30', '12:00:00', '1-12', '1-12:30', '1-12:30:10', 'UNLIMITED', 'infinite'])(
  'takes the time %j',
  (time) => {
    expect(resourcesOf({ time }).time).toBe(String(time));
  },
);

describe('refusals', () => {
  it.each<[string, JsonObject, Partial<LayoutInput>, RegExp]>([
    ['an account in meta', { account: 'lab' }, {}, /^account: .*slurm_account/],
    ['memory with a wrong unit', { mem: '1K' }, {}, /^mem: .*"1K"/],
    ['no CPU', { cpus_per_task: 0 }, {}, /^cpus_per_task: .*at least 1/],
    ['a fraction of a CPU', { cpus_per_task: 1.5 }, {}, /^cpus_per_task: /],
    ['a GPU question without answer', { needs_gpu: 'maybe' }, {}, /^needs_gpu: /],
    ['a line break in an option', { constraint: 'a\n#SBATCH --uid=0' }, {}, /^constraint: /],
    ['a list for an option', { gres: ['gpu:1'] }, {}, /^gres: /],
    ['extra lines that are no list', { extra_lines: 'A=1' }, {}, /^extra_lines: /],
    ['a line break in an extra line', { extra_lines: ['a\nb'] }, {}, /^extra_lines: /],
    ['a negative count', { tasks_per_job: -1 }, {}, /^tasks_per_job: /],
    ['an account with a line break', {}, { slurmAccount: 'a\nb' }, /^slurm_account: /],
    ['no cache folder', {}, { userCacheDir: null }, /^user_cache_dir: /],
    ['a relative cache folder', {}, { userCacheDir: 'cache' }, /^user_cache_dir: /],
    ['an account in worker_init', {}, { workerInit: '#SBATCH --account=lab' }, /^worker_init: .*--account/],
    ['a short account in worker_init', {}, { workerInit: 'x\n#SBATCH -A lab' }, /^worker_init: .*--account/],
    [
      'an account in extra lines',
      { extra_lines: ['#SBATCH --time=1 --acc=lab'] },
      {},
      /^extra_lines: .*--account/,
    ],
    ['a job name in extra lines', { extra_lines: ['#SBATCH -J mine'] }, {}, /--job-name/],
    ['an array', { extra_lines: ['#SBATCH --array=1-9'] }, {}, /--array/],
    ['waiting for the end', { extra_lines: ['#SBATCH --wait'] }, {}, /--wait/],
    ['a job name cut short', { extra_lines: ['#SBATCH --jo=mine'] }, {}, /no --job-name/],
    ['an array cut short', { extra_lines: ['#SBATCH --ar=1-9'] }, {}, /no --array/],
    ['a script cut short', { extra_lines: ['#SBATCH --wr=true'] }, {}, /no --wrap/],
    ['a name behind a letter without value', { extra_lines: ['#SBATCH -HJ mine'] }, {}, /no --job-name/],
    ['a name in quotes', { extra_lines: ['#SBATCH "--job-name=mine"'] }, {}, /no --job-name/],
    ['a name behind a backslash', { extra_lines: ['#SBATCH --jo\\b-name=mine'] }, {}, /no --job-name/],
    ['a name by the obsolete prefix', { extra_lines: ['#SLURM --job-name=mine'] }, {}, /no --job-name/],
    ['several jobs', { extra_lines: ['#SBATCH hetjob'] }, {}, /no hetjob/],
    ['several jobs in worker_init', {}, { workerInit: 'x\n#SBATCH  packjob ' }, /^worker_init: .*no hetjob/],
    ['a time with a unit', { time: '12h' }, {}, /^time: expected a time as SLURM writes it .*, got "12h"/],
    ['a time in words', { time: 'one hour' }, {}, /^time: /],
    ['a time with too many parts', { time: '1:2:3:4' }, {}, /^time: /],
  ])('%s', (_name, meta, more, message) => {
    expect(() => resourcesOf(meta, more)).toThrow(LayoutError);
    expect(() => resourcesOf(meta, more)).toThrow(message);
  });

  it('several nodes, since the units of a job run on one', () => {
    expect(() => resourcesOf({ nodes: 2 })).toThrow(/^nodes: expected 1 or none/);
    expect(() => resourcesOf({ nodes: 1 })).not.toThrow();
  });

  it('shell lines of a request where the configuration refuses them, never its own', () => {
    const strict = parseSlurmConfig(
      configText({
        default_slurm_config: { cpus_per_task: 1, mem: 1, extra_lines: ['module load site'] },
        runner_config: { allow_shell_lines: false },
      }),
    );
    expect(taskOptions(strict, input({})).resources.extra_lines).toEqual(['module load site']);
    expect(() => taskOptions(strict, input({ extra_lines: ['x'] }))).toThrow(
      /^extra_lines: .*allow_shell_lines/,
    );
    expect(() => taskOptions(strict, input({}, { workerInit: 'x' }))).toThrow(
      /^worker_init: .*allow_shell_lines/,
    );
    expect(() => taskOptions(strict, input({}, { workerInit: ' \n' }))).not.toThrow();
  });

  it('neither meta nor configuration says what a unit needs', () => {
    const bare = parseSlurmConfig(configText({ default_slurm_config: {} }));
    expect(() => taskOptions(bare, input({ mem: 1 }))).toThrow(/^cpus_per_task: /);
  });
});
