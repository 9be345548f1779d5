/** The demo: plate, server, workers, run, report (docs/demo.md). Started by scripts/demo.mjs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quote } from 'shlex';
import { workflowIdOf } from '../../src/client/workflow-id.js';
import { cacheFolder } from '../../src/server/folders.js';
import { tieToThisProcess } from '../../src/server/tie.js';
import type { RunResult } from '../../src/wire/result.js';
import type { DemoCluster } from './cluster.js';
import { demoPaths, prepareDemo } from './prepare.js';
import type { DemoRequest } from './request.js';
import { imageTable, taskTable } from './report.js';
import { pythonEnvironment } from './task-environment.js';
import { startUp, type UpProcess } from './up-process.js';

export interface DemoOptions {
  light: boolean;
  /** Folder of the demo; a new one in the temporary folder when not given. */
  dir: string | null;
  /** Server and workers stay until Ctrl-C. */
  keep: boolean;
  /** Only make plate and request, and say what to do with them. */
  prepareOnly: boolean;
  /** On SLURM: `own` starts a cluster here, a path is the configuration file for the one that is there. */
  slurm: 'own' | { configFile: string } | null;
  /** Path of the `temporal` binary; null where only the request is made. */
  serverBinary: string | null;
}

/** By its path: it has to work in any folder of any terminal. */
const PROGRAM = [process.execPath, fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))];

/** What shells report for SIGINT. */
const INTERRUPTED = 130;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** The demo has its own server: what the user's shell says about another one must not divert it. */
const demoEnvironment = async (dir: string, serverBinary: string | null): Promise<NodeJS.ProcessEnv> => {
  const kept = Object.entries(await pythonEnvironment(cacheFolder())).filter(
    ([name]) => !name.startsWith('TEMPORAL_'),
  );
  const config = join(dir, 'temporal.toml');
  await writeFile(config, '[profile.default]\n');
  return {
    ...Object.fromEntries(kept),
    TEMPORAL_CONFIG_FILE: config,
    FRACTAL_TEMPORAL_HOME: demoPaths(dir).serverHome,
    ...(serverBinary !== null && { FRACTAL_TEMPORAL_SERVER_BINARY: serverBinary }),
  };
};

const atHome = (dir: string, command: string): string =>
  `FRACTAL_TEMPORAL_HOME=${quote(demoPaths(dir).serverHome)} ${PROGRAM.map(quote).join(' ')} ${command}`;

const explainPrepared = (dir: string): void => {
  const { request, result } = demoPaths(dir);
  print(`Request: ${request}`);
  print('In one terminal, server and workers:');
  print(`  ${atHome(dir, 'up')}`);
  print('In another, the run:');
  print(`  ${atHome(dir, `run ${quote(request)} --result ${quote(result)}`)}`);
};

/** `fractal-temporal run`, its progress on this terminal. When `leave` is aborted it detaches from the run. */
const runRequest = async (dir: string, env: NodeJS.ProcessEnv, leave: AbortSignal): Promise<number> => {
  const { request, result } = demoPaths(dir);
  const [file = '', ...words] = PROGRAM;
  // Its own process group: it gets one signal, from here, however this process was told to end.
  const child = spawn(file, [...words, 'run', request, '--result', result], {
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once('exit', tieToThisProcess(child));
  leave.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};

const readDemoResult = async (file: string): Promise<RunResult | null> => {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as RunResult);
};

const report = async (dir: string, zarrDir: string): Promise<void> => {
  const { result: file, workflowDir } = demoPaths(dir);
  const result = await readDemoResult(file);
  if (result === null) return;
  print('');
  print(taskTable(result));
  print(`\nImages in ${zarrDir}:`);
  print(imageTable(result.images, zarrDir));
  print(`Arguments and logs of every unit: ${workflowDir}`);
  print(`Result: ${file}`);
};

/** Aborted by the first signal; a second one ends this process at once. */
const listenForInterrupts = (): AbortSignal => {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupted.abort());
  }
  return interrupted.signal;
};

const runUrl = ({ uiAddress, namespace }: UpProcess, workflowId: string): string =>
  `${uiAddress}/namespaces/${namespace}/workflows/${workflowId}`;

/** The cluster of this demo: one that is started, one that is there, or none. */
const openCluster = async (slurm: DemoOptions['slurm'], dir: string): Promise<DemoCluster | null> => {
  if (slurm === null) return null;
  if (slurm !== 'own') {
    return { env: {}, configFile: resolve(slurm.configFile), stop: () => Promise.resolve() };
  }
  const { startDemoCluster } = await import('./cluster.js');
  return startDemoCluster(dir, say);
};

/** The run itself, on a server and workers that are up; the exit code of `fractal-temporal run`. */
const runAndReport = async (
  up: UpProcess,
  demo: { dir: string; env: NodeJS.ProcessEnv; request: DemoRequest; keep: boolean; leave: AbortSignal },
): Promise<number> => {
  const { dir, env, request, keep, leave } = demo;
  const started = Date.now();
  const url = runUrl(up, await workflowIdOf({ ...request }));
  print(`Web UI of the run: ${url}`);
  const code = await Promise.race([runRequest(dir, env, leave), up.ended]);
  await report(dir, request.dataset.zarr_dir);
  const seconds = Math.round((Date.now() - started) / 1000);
  print(
    code === 0
      ? `Done; the run took ${seconds} s.`
      : `The run ended with exit code ${code} after ${seconds} s.`,
  );
  if (keep && !leave.aborted) {
    print(`Web UI of the run: ${url}`);
    print('Server and workers stay up. Ctrl-C ends them.');
    await Promise.race([once(leave, 'abort'), up.ended]);
    return code;
  }
  if (leave.aborted) print(`To go on with the run: npm run demo -- --dir ${quote(dir)}`);
  print('Server and workers end now. To look at the run in the Web UI, here or with --keep next time:');
  print(`  ${atHome(dir, 'up')}`);
  return code;
};

/** Run the demo; the exit code of `fractal-temporal run`. */
export const runDemo = async (options: DemoOptions): Promise<number> => {
  const dir =
    options.dir === null ? await mkdtemp(join(tmpdir(), 'fractal-temporal-demo-')) : resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const paths = demoPaths(dir);
  const backend = options.slurm === null ? 'local' : 'slurm';
  const request = await prepareDemo(dir, { light: options.light, backend, say });
  if (options.prepareOnly) {
    explainPrepared(dir);
    return 0;
  }
  // From here on something runs that must be ended in order.
  const leave = listenForInterrupts();
  const cluster = await openCluster(options.slurm, dir);
  try {
    if (leave.aborted) return INTERRUPTED;
    const env = { ...(await demoEnvironment(dir, options.serverBinary)), ...cluster?.env };
    const args = cluster === null ? [] : ['--slurm-config', cluster.configFile];
    say('starting Temporal server and workers ...');
    const up = await startUp({
      program: PROGRAM,
      args,
      env,
      home: paths.serverHome,
      logFile: paths.upLog,
      say,
    });
    try {
      if (leave.aborted) return INTERRUPTED;
      return await runAndReport(up, { dir, env, request, keep: options.keep, leave });
    } finally {
      await up.stop();
    }
  } finally {
    await cluster?.stop();
  }
};
