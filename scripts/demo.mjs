// `npm run demo`: from a fresh clone to a finished run. Node built-ins only until ensureInstalled has run.
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './setup.mjs';

const USAGE = `npm run demo -- [options]

  --light         tasks in Node instead of the real packages: no Python, a few seconds
  --dir DIR       folder of the demo (default: a new one in the temporary folder); again: goes on there
  --keep          server, Web UI and workers stay until Ctrl-C
  --prepare DIR   only make plate and request there, and print the commands that run them
  --slurm         on a SLURM cluster that is started here (root, Debian); also: npm run demo:slurm
  --slurm-config FILE   on the cluster that this machine submits to; --dir must be a folder that its nodes see
  --help          this text`;

const OPTIONS = {
  light: { type: 'boolean', default: false },
  dir: { type: 'string' },
  keep: { type: 'boolean', default: false },
  prepare: { type: 'string' },
  slurm: { type: 'boolean', default: false },
  'slurm-config': { type: 'string' },
  help: { type: 'boolean', default: false },
};

const isWritable = (path) => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

// With a home that cannot be written, npm's cache goes where everything else goes that can be made again. It is set
// already under `npm run`, to a folder in the home.
const cache = process.env.FRACTAL_TEMPORAL_CACHE;
const npmCache = process.env.npm_config_cache;
if (cache !== undefined && !isWritable(homedir()) && (npmCache === undefined || !isWritable(npmCache))) {
  process.env.npm_config_cache = join(cache, 'npm');
}

const main = async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const prepareOnly = values.prepare !== undefined;
  const serverBinary = await ensureInstalled({ server: !prepareOnly, types: false });
  const { tsImport } = await import('tsx/esm/api');
  const { runDemo } = await tsImport('../examples/demo/main.ts', import.meta.url);
  const { light, keep } = values;
  const configFile = values['slurm-config'];
  const slurm = configFile === undefined ? (values.slurm ? 'own' : null) : { configFile };
  return runDemo({
    light,
    keep,
    slurm,
    dir: values.prepare ?? values.dir ?? null,
    prepareOnly,
    serverBinary,
  });
};

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error?.code?.startsWith?.('ERR_PARSE_ARGS') ?? false;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : (error?.message ?? error));
  if (process.env.DEBUG) console.error(error);
  process.exitCode = isUsage ? 2 : 1;
}
