/** Are SLURM's commands there, and does somebody answer them? */
import type { SlurmCommands } from '../commands/commands.js';
import { accountingIsOff } from '../commands/sacct.js';
import { parseScontrolConfig } from '../commands/scontrol.js';
import { parseSqueue, squeueArguments } from '../commands/squeue.js';
import { ok, problem, warning, type Finding } from '../../../doctor/finding.js';

const INSTALL = "install SLURM's client commands on this host, or run the worker on a login node";
const CONTROLLER = 'is the controller up (`scontrol ping`), SLURM_CONF right, munge running?';

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

const checkVersion = async (commands: SlurmCommands, command: string): Promise<Finding> => {
  const { exitCode, stdout, stderr, cutShort } = await commands.ask(command, ['--version']);
  if (exitCode === 0) return ok(`${command}: ${stdout.trim()}`);
  if (cutShort === 'not_started' || exitCode === 127) return problem(`${command}: not found`, INSTALL);
  return problem(
    `${command}: ${lastLine(stderr)}`,
    'is this host configured for the cluster (slurm.conf, SLURM_CONF)?',
  );
};

/** `--version` needs no controller, only a configuration: it says whether the command is there. */
export const checkCommands = (commands: SlurmCommands): Promise<Finding[]> =>
  Promise.all(['sbatch', 'squeue', 'scancel', 'scontrol'].map((command) => checkVersion(commands, command)));

export const checkQueue = async (commands: SlurmCommands, user: string): Promise<Finding> => {
  const { exitCode, stdout, stderr } = await commands.ask('squeue', squeueArguments(user));
  if (exitCode !== 0) return problem(`squeue gives no answer: ${lastLine(stderr)}`, CONTROLLER);
  const rows = parseSqueue(stdout);
  if (rows === null) {
    return problem(
      `squeue answers something else: ${lastLine(stdout)}`,
      'is a wrapper or an alias in front of squeue?',
    );
  }
  return ok(`squeue answers: ${rows.length} jobs of ${user}`);
};

export const checkController = async (commands: SlurmCommands): Promise<Finding> => {
  const { exitCode, stdout, stderr } = await commands.ask('scontrol', ['show', 'config']);
  if (exitCode !== 0) return problem(`scontrol gives no answer: ${lastLine(stderr)}`, CONTROLLER);
  const { clusterName, messageTimeoutSeconds, killWaitSeconds } = parseScontrolConfig(stdout);
  return ok(
    `controller of cluster ${clusterName ?? '?'}: MessageTimeout ${String(messageTimeoutSeconds)} s, KillWait ${String(killWaitSeconds)} s`,
  );
};

export const checkAccounting = async (commands: SlurmCommands, user: string): Promise<Finding> => {
  const end = await commands.ask('sacct', [
    '-u',
    user,
    '-n',
    '-P',
    '-X',
    '-S',
    'now-60seconds',
    '-o',
    'JobIDRaw',
  ]);
  if (end.exitCode === 0) return ok('accounting: on, sacct answers');
  if (accountingIsOff(end.stderr)) {
    return warning(
      'accounting: off on this cluster',
      'nothing to be done: results have no memory and CPU time of their jobs',
    );
  }
  return warning(
    `accounting: sacct gives no answer: ${lastLine(end.stderr)}`,
    'is slurmdbd up? Without an answer a job that is lost is not given up',
  );
};
