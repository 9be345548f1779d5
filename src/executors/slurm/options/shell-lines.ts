/**
 * Lines of a request that stand in the submission script as given: `worker_init` and `extra_lines`. They are shell
 * by definition; a site can refuse them, and none may take over what the runner finds its jobs by. Pure.
 */
import { LayoutError } from '../../../batch/errors.js';
import type { JsonObject } from '../../../wire/request.js';
import type { SlurmConfig } from './config.js';
import { isJobSeparator, optionSetIn, type SbatchOption } from './sbatch-lines.js';

interface ReservedOption extends SbatchOption {
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

/** What a line sets that it must not, in words; null where it sets nothing of the kind. */
const reservedIn = (line: string, options: readonly ReservedOption[]): string | null => {
  if (isJobSeparator(line)) return 'no hetjob (a batch is one job)';
  const option = optionSetIn(line, options);
  return option === undefined ? null : `no --${option.long} (${option.why})`;
};

export interface ShellLinesInput {
  config: SlurmConfig;
  meta: JsonObject;
  workerInit: string | null;
}

const refusedByConfig = (key: string): LayoutError =>
  new LayoutError(
    `${key}: expected none, since this worker's configuration refuses shell lines from requests (allow_shell_lines is false), got some`,
  );

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
      const expected = reservedIn(line, reserved);
      if (expected === null) continue;
      throw new LayoutError(`${key}: expected ${expected}, got ${JSON.stringify(line.slice(0, 200))}`);
    }
  }
};
