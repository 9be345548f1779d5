/** `doctor slurm`: looks at everything that a site has to get right, one line each with its remedy. */
import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { createCommands } from '../../executors/slurm/commands/commands.js';
import { examineSlurm } from '../../executors/slurm/doctor/index.js';
import { formatFinding } from '../../executors/slurm/doctor/finding.js';
import { currentUser } from '../../executors/user.js';
import { DEFAULT_COMMAND_TIMEOUT_SECONDS } from '../../executors/slurm/tunables.js';
import { type Io, show } from '../io.js';

interface DoctorOptions {
  slurmConfig: string;
  dir: string;
}

const doctorCommand = async (io: Io, options: DoctorOptions): Promise<void> => {
  const commands = createCommands({
    prefix: [],
    env: io.env,
    timeoutSeconds: DEFAULT_COMMAND_TIMEOUT_SECONDS,
  });
  let problems = 0;
  const findings = examineSlurm({
    commands,
    user: currentUser().name,
    configFile: options.slurmConfig,
    dir: resolve(options.dir),
  });
  for await (const finding of findings) {
    if (finding.status === 'problem') problems++;
    show(io, formatFinding(finding));
  }
  if (problems > 0) throw new Error(`${problems} of these must be put right before runs can work`);
};

export const registerDoctor = (program: Command, io: Io): void => {
  program
    .command('doctor')
    .description(
      'is everything as runs need it? One line each, with what to do; run it where the worker will run',
    )
    .addArgument(new Argument('<backend>', 'which backend').choices(['slurm']))
    .requiredOption('--slurm-config <file>', "configuration of the SLURM backend, Fractal's JSON")
    .option('--dir <dir>', 'where runs will have their folders', '.')
    .action((_backend: string, options: DoctorOptions) => doctorCommand(io, options));
};
