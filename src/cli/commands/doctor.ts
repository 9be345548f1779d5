/** `doctor`: looks at everything that runs need, one line each with its remedy; with `slurm`, at what a site has to get right. */
import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { connectClient } from '../../client/index.js';
import { formatFinding, type Finding } from '../../doctor/finding.js';
import { wrapText } from '../../report/wrap.js';
import { styleOf } from '../style.js';
import { examineDisks, examineServer, usualQueues } from '../../doctor/index.js';
import { examineLocal } from '../../executors/local/doctor.js';
import { backendNames } from '../../executors/names.js';
import { createCommands } from '../../executors/slurm/commands/commands.js';
import { examineSlurm } from '../../executors/slurm/doctor/index.js';
import { currentUser } from '../../executors/user.js';
import { DEFAULT_COMMAND_TIMEOUT_SECONDS } from '../../executors/slurm/tunables.js';
import { givenTarget } from '../../server/address.js';
import { stateFolder } from '../../server/folders.js';
import { version } from '../../version.js';
import { UsageError } from '../exit-codes.js';
import { hostFolder } from '../host-folder.js';
import { type Io, jsonText, print, show, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { requireTarget } from '../target.js';

interface DoctorOptions extends ServerOptions {
  slurmConfig?: string;
  dir: string;
  taskQueue: string[];
  json?: boolean;
}

async function* slurmFindings(io: Io, { slurmConfig, dir }: DoctorOptions): AsyncGenerator<Finding> {
  if (slurmConfig === undefined)
    throw new UsageError('doctor slurm needs the configuration: --slurm-config FILE.');
  const commands = createCommands({
    prefix: [],
    env: io.env,
    timeoutSeconds: DEFAULT_COMMAND_TIMEOUT_SECONDS,
  });
  yield* examineSlurm({ commands, user: currentUser().name, configFile: slurmConfig, dir: resolve(dir) });
}

async function* serverFindings(io: Io, options: DoctorOptions): AsyncGenerator<Finding> {
  // A given one is not probed first: that its namespace is missing is a finding, not the end.
  const target = givenTarget(options, io.env) ?? (await requireTarget(io, options));
  const { connection, close } = await connectClient(target);
  try {
    yield* examineServer({
      ...{ connection, target, version },
      ...usualQueues(backendNames, options.taskQueue),
    });
  } finally {
    await close();
  }
  yield* examineDisks([
    ["state of `up`'s server", target.home ?? stateFolder(io.env)],
    ['locks of local batches', await hostFolder(io.env)],
    ['runs', resolve(options.dir)],
  ]);
}

async function* localFindings(io: Io, { dir }: DoctorOptions): AsyncGenerator<Finding> {
  yield* examineLocal({ hostFolder: () => hostFolder(io.env), dir: resolve(dir), env: io.env });
  yield* examineDisks([
    ['locks of local batches', await hostFolder(io.env)],
    ['runs', resolve(dir)],
  ]);
}

const findingsOf = (io: Io, backend: string | undefined, options: DoctorOptions): AsyncGenerator<Finding> => {
  if (backend === 'slurm') return slurmFindings(io, options);
  return backend === 'local' ? localFindings(io, options) : serverFindings(io, options);
};

const doctorCommand = async (io: Io, backend: string | undefined, options: DoctorOptions): Promise<void> => {
  const style = styleOf(io.stdout, io.env);
  const found: Finding[] = [];
  for await (const finding of findingsOf(io, backend, options)) {
    found.push(finding);
    if (options.json !== true) show(io, wrapText(formatFinding(finding), style.width, '         '));
  }
  const problems = found.filter(({ status }) => status === 'problem').length;
  if (options.json === true) print(io, jsonText({ version, problems, findings: found }));
  if (problems > 0) throw new Error(`${problems} of these must be put right before runs can work`);
};

const repeated = (value: string, before: string[]): string[] => [...before, value];

export const registerDoctor = (program: Command, io: Io): void => {
  const command = program
    .command('doctor')
    .description(
      'is everything as runs need it? One line each, with what to do: server, queues, clock, disk; with a backend, what that needs (run it where the worker will run)',
    )
    .addArgument(new Argument('[backend]', 'which backend').choices(['local', 'slurm']))
    .option('--slurm-config <file>', "configuration of the SLURM backend, Fractal's JSON")
    .option('--dir <dir>', 'where runs will have their folders', '.')
    .option(
      '--task-queue <name>',
      'activity queue to look at in place of the usual ones; may come again',
      repeated,
      [],
    )
    .option('--json', 'for programs (schemas/doctor.schema.json)');
  addServerOptions(command).action((backend: string | undefined, options: DoctorOptions) =>
    doctorCommand(io, backend, options),
  );
};
