// `npm run test:metrics`: a real worker during a real run, scraped by a real Prometheus (Debian's package `prometheus`)
// with the configuration and the rules of deploy/; every query of the board and every alert is tried against it.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureInstalled, root } from './setup.mjs';

const PATIENCE_MS = 180_000;

// No scheduler here, and nothing has failed: these have nothing to show, and only must be understood.
const MAY_BE_EMPTY = /scheduler|failure|outcome="failed"|temporal_workflow_task_schedule_to_start/;

const until = async (what, look) => {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look().catch(() => null);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(250);
  }
};

/** Debian's, installed where it is missing and somebody may. */
const ensurePrometheus = () => {
  if (!spawnSync('prometheus', ['--version']).error && !spawnSync('promtool', ['--version']).error) return;
  const { status } = spawnSync(join(root, 'test/slurm/install.sh'), ['prometheus'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    throw new Error('prometheus and promtool are not there, and cannot be installed (see above)');
};

const tool = (name, args) => {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (error) throw new Error(`${name} cannot be started (${error.message})`);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}\n${stdout}${stderr}`);
};

const boardQueries = () => {
  const board = JSON.parse(readFileSync(join(root, 'deploy/grafana/dashboards/fractal.json'), 'utf8'));
  return board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr]));
};

const writeRequest = (dir) => {
  const run = join(dir, 'run');
  const task = join(dir, 'task.sh');
  writeFileSync(task, '#!/bin/sh\nsleep 0.5\n');
  chmodSync(task, 0o755);
  const images = Array.from({ length: 60 }, (_, n) => ({
    zarr_url: `${run}/z/${n}`,
    attributes: {},
    types: {},
  }));
  const value = {
    workflow: {
      name: 'metrics',
      task_list: [
        {
          ...{ order: 0, task_type: 'parallel', args_parallel: {}, meta_parallel: {}, type_filters: {} },
          task: { name: 'wait', type: 'parallel', command_parallel: task, input_types: {}, output_types: {} },
        },
      ],
    },
    dataset: { zarr_dir: `${run}/z`, images },
    workflow_dir_local: run,
  };
  const file = join(dir, 'request.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
};

const main = async (dir, started) => {
  const binary = await ensureInstalled({ types: false });
  ensurePrometheus();
  const { default: getPort } = await import('get-port');
  tool('promtool', ['check', 'config', join(root, 'deploy/prometheus/prometheus.yml')]);
  const [workerPort, port] = [await getPort(), await getPort()];
  const env = {
    ...process.env,
    ...{ FRACTAL_TEMPORAL_SERVER_BINARY: binary, FRACTAL_TEMPORAL_HOME: join(dir, 'home') },
    FRACTAL_TEMPORAL_LOCAL: join(dir, 'host'),
  };
  const program = (...args) => {
    const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    started.push(child);
    return child;
  };
  program('up', '--max-units', '2', '--monitor', String(workerPort));
  await until('the worker', async () => (await fetch(`http://127.0.0.1:${workerPort}/readyz`)).ok);

  const config = join(dir, 'prometheus');
  mkdirSync(join(config, 'workers'), { recursive: true });
  const ours = readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8');
  writeFileSync(
    join(config, 'prometheus.yml'),
    ours
      .replace(/_interval: 15s/g, '_interval: 1s')
      .replace("'workflow-worker:9464', 'local-worker:9464'", `'127.0.0.1:${workerPort}'`),
  );
  writeFileSync(join(config, 'alerts.yml'), readFileSync(join(root, 'deploy/prometheus/alerts.yml')));
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(config, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  started.push(prometheus);
  const query = async (expr) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const answer = await (await fetch(url)).json();
    if (answer.status !== 'success') throw new Error(`${expr}\n${answer.error}`);
    return answer.data.result;
  };
  await until('the first scrape', async () => (await query('up{job="fractal"} == 1')).length > 0);

  const run = program('run', writeRequest(dir));
  await until(
    'a running batch',
    async () => (await query('fractal_batches{state="running"} > 0')).length > 0,
  );
  console.log('seen while it ran: fractal_batches{state="running"} > 0');
  const code = await new Promise((resolve) => run.once('exit', resolve));
  if (code !== 0) throw new Error(`the run ended with ${code}`);
  await until('all units to be counted', async () => {
    const [sum] = await query('sum(fractal_units_total{outcome="done"})');
    return sum?.value[1] === '60';
  });
  console.log('seen after it: 60 units done');

  let failed = 0;
  const look = async (kind, name, expr, mayBeEmpty) => {
    const text = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');
    const series = await query(text).catch((error) => error);
    const ok = Array.isArray(series) && (series.length > 0 || mayBeEmpty);
    if (!ok) failed += 1;
    const what = Array.isArray(series) ? `${series.length} series` : series.message;
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${kind} "${name}": ${what}`);
  };
  for (const [title, expr] of boardQueries()) await look('panel', title, expr, MAY_BE_EMPTY.test(expr));
  const rules = await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json();
  const alerts = rules.data.groups.flatMap((group) => group.rules);
  for (const { name, query: expr } of alerts) await look('alert', name, expr, true);
  const firing = alerts.filter(({ state }) => state === 'firing').map(({ name }) => name);
  if (firing.length > 0) throw new Error(`alerts fire on a worker at rest: ${firing.join(', ')}`);
  console.log(`${alerts.length} alerts, none fires`);
  if (failed > 0) throw new Error(`${failed} queries show nothing`);
};

const dir = mkdtempSync(join(tmpdir(), 'fractal-metrics-'));
const started = [];
try {
  await main(dir, started);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const child of started)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await Promise.all(
    started.map((child) =>
      child.exitCode === null && child.signalCode === null
        ? new Promise((resolve) => child.once('exit', resolve))
        : null,
    ),
  );
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}
