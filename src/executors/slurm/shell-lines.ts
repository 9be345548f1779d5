/**
 * Lines of a request that stand in the submission script as given: `worker_init` and `extra_lines`. They are shell
 * by definition; a site can refuse them, and none may take over what the runner finds its jobs by. Pure.
 */
import { LayoutError } from '../contract.js';
import type { JsonObject } from '../../wire/request.js';
import type { SlurmConfig } from './config.js';

const PREFIX = '#SBATCH';

export const isSbatchLine = (line: string): boolean => line.startsWith(PREFIX);

/** sbatch reads its options up to the first other line, so they have to come first. Order is kept otherwise. */
export const sbatchLinesFirst = (lines: readonly string[]): { sbatch: string[]; others: string[] } => ({
  sbatch: lines.filter(isSbatchLine),
  others: lines.filter((line) => !isSbatchLine(line)),
});

interface ReservedOption {
  long: string;
  short: string | null;
  why: string;
}

const ACCOUNT: ReservedOption = {
  long: 'account',
  short: 'A',
  why: 'the account comes with the request, as slurm_account',
};

const RESERVED: readonly ReservedOption[] = [
  { long: 'job-name', short: 'J', why: 'jobs are found again by the name that the runner gives them' },
  { long: 'array', short: 'a', why: 'a job holds its units itself' },
  { long: 'clusters', short: 'M', why: 'jobs are looked for on the worker’s own cluster' },
  { long: 'wait', short: 'W', why: 'sbatch would not return before the job has ended' },
  { long: 'test-only', short: null, why: 'nothing would be submitted' },
  { long: 'wrap', short: null, why: 'the runner gives the script' },
  // Not refused in the configuration file, which is the site's own.
];

/** Long options may be cut short as long as they stay unique; three letters are the shortest that are. */
const names = (token: string, option: ReservedOption): boolean => {
  const [name = ''] = token.split('=', 1);
  if (name.startsWith('--')) return name.length >= 5 && `--${option.long}`.startsWith(name);
  return option.short !== null && new RegExp(`^-${option.short}`).test(token);
};

const reservedIn = (line: string, options: readonly ReservedOption[]): ReservedOption | undefined => {
  if (!isSbatchLine(line)) return undefined;
  const tokens = line.slice(PREFIX.length).split(/[\s'"]+/);
  return options.find((option) => tokens.some((token) => names(token, option)));
};

export interface ShellLinesInput {
  config: SlurmConfig;
  meta: JsonObject;
  workerInit: string | null;
}

/** @throws LayoutError when a line is not allowed: all of them by configuration, or one for what it sets. */
export const checkShellLines = ({ config, meta, workerInit }: ShellLinesInput): void => {
  const fromMeta = Array.isArray(meta['extra_lines']) ? meta['extra_lines'].map(String) : [];
  const fromInit = (workerInit ?? '').split('\n');
  const allowed = config.runner_config.allow_shell_lines;
  if (!allowed && fromMeta.length > 0) throw refusedByConfig('extra_lines');
  if (!allowed && (workerInit ?? '').trim() !== '') throw refusedByConfig('worker_init');
  if (workerInit?.includes('\0')) throw new LayoutError('worker_init: expected text without NUL, got one');
  const sources = [
    { key: 'extra_lines', lines: fromMeta, reserved: [...RESERVED, ACCOUNT] },
    { key: 'worker_init', lines: fromInit, reserved: [...RESERVED, ACCOUNT] },
    {
      key: 'default_slurm_config.extra_lines',
      lines: config.default_slurm_config.extra_lines ?? [],
      reserved: RESERVED,
    },
    {
      key: 'gpu_slurm_config.extra_lines',
      lines: config.gpu_slurm_config?.extra_lines ?? [],
      reserved: RESERVED,
    },
  ];
  for (const { key, lines, reserved } of sources) {
    for (const line of lines) {
      const option = reservedIn(line, reserved);
      if (option === undefined) continue;
      throw new LayoutError(
        `${key}: expected no --${option.long} (${option.why}), got ${JSON.stringify(line.slice(0, 200))}`,
      );
    }
  }
};

const refusedByConfig = (key: string): LayoutError =>
  new LayoutError(
    `${key}: expected none, since this worker's configuration refuses shell lines from requests (allow_shell_lines is false), got some`,
  );
