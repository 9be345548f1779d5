/** What a worker says of its configuration when it starts: allowed, but not as it should be. Pure. */
import { asksForLoginShell, type SlurmConfig, type SlurmOptionSet } from './config.js';

export interface Notice {
  what: string;
  remedy: string;
}

const isBash = (shebang: string): boolean =>
  /^#!\s*(\/usr\/bin\/env\s+(-\S+\s+)*|\/\S*\/)(ba|da)?sh(\s|$)/.test(shebang);

const shebangNotices = (
  name: string,
  section: SlurmOptionSet | null | undefined,
  isDefault: boolean,
): Notice[] => {
  const shebang = section?.shebang_line ?? null;
  if (shebang === null || (isBash(shebang) && (isDefault || !asksForLoginShell(shebang)))) return [];
  return [
    {
      what: `${name}: shebang_line ${JSON.stringify(shebang)} is not used, the script of a job is run by bash`,
      remedy: 'put what it does into extra_lines, or set login_shell in runner_config',
    },
  ];
};

/** What the file asks for and does not get, and sections in which nobody limits a job's time. */
export const configNotices = ({ default_slurm_config, gpu_slurm_config }: SlurmConfig): Notice[] => {
  const sections = [
    { name: 'default_slurm_config', time: default_slurm_config.time },
    ...(gpu_slurm_config
      ? [{ name: 'gpu_slurm_config', time: gpu_slurm_config.time ?? default_slurm_config.time }]
      : []),
  ];
  const shebangs = [
    ...shebangNotices('default_slurm_config', default_slurm_config, true),
    ...shebangNotices('gpu_slurm_config', gpu_slurm_config, false),
  ];
  const times = sections
    .filter(({ time }) => !time)
    .map(({ name }) => ({
      what: `${name} has no time: the default of the partition holds`,
      remedy: 'set time, so that a job which nobody waits for any more ends some day',
    }));
  return [...shebangs, ...times];
};
