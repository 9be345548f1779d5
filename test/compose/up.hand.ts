import { lstat, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { searchAttributes } from '../../src/server/start-dev.js';
import { RETENTION_DAYS } from '../../src/server/tunables.js';
import type { RunResult } from '../../src/wire/result.js';
import { until } from '../support/until.js';
import { BACKUP, restore } from './backup.js';
import { GID, type Ground, openGround, UID } from './ground.js';
import { say } from './host.js';
import { gatedRequest, requestInContainer } from './requests.js';
import { imageOf, root } from './versions.js';

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;
const MINUTES_MS = 600_000;

const resultOf = async (file: string): Promise<RunResult> =>
  JSON.parse(await readFile(file, 'utf8')) as RunResult;

describe('docker-compose', { timeout: MINUTES_MS }, () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await openGround(inject('temporal').binary);
  }, HOUR_MS);

  afterAll(() => ground?.remove(), MINUTES_MS);

  it('refuses to do anything without passwords, and says what makes them', async () => {
    await writeFile(ground.envFile, '');
    const { exitCode, output } = await ground.compose.run(['config']);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('npm run compose:env');
    await rm(ground.envFile);
  });

  it('is given an .env that only its owner reads, once', async () => {
    const make = () =>
      execa(
        process.execPath,
        [join(root, 'scripts/compose-env.mjs'), '--data', ground.data, '--file', ground.envFile],
        {
          reject: false,
        },
      );
    expect(await make()).toMatchObject({ exitCode: 0 });
    expect((await lstat(ground.envFile)).mode & 0o777).toBe(0o600);
    const text = await readFile(ground.envFile, 'utf8');
    expect(text).toMatch(new RegExp(`^FRACTAL_UID=${UID}\nFRACTAL_GID=${GID}$`, 'm'));
    expect(await make()).toMatchObject({ exitCode: 2 });
    expect(await readFile(ground.envFile, 'utf8')).toBe(text);
    await ground.compose.must(['config', '-q']);
  });

  it('has an image of the size, user and content that it is to have', async () => {
    const { name } = imageOf('FRACTAL_TEMPORAL_IMAGE');
    const [image] = JSON.parse(await ground.daemon.docker(['image', 'inspect', name])) as {
      Size: number;
      Config: { User: string };
    }[];
    say(`${name}: ${Math.round((image?.Size ?? Infinity) / MEGABYTE)} MB`);
    expect(image?.Size).toBeLessThan(350 * MEGABYTE);
    expect(image?.Config.User).toBe('1000:1000');
    const inside = (...command: string[]) =>
      ground.daemon.docker([
        'run',
        '--rm',
        '--network',
        'none',
        '--read-only',
        '--entrypoint',
        command[0] ?? '',
        name,
        ...command.slice(1),
      ]);
    const found = await inside(
      'sh',
      '-c',
      'for p in gcc cc c++ g++ make npm npx yarn go python3; do command -v $p; done; true',
    );
    expect(found).toBe('');
    expect(await inside('fractal-temporal', '--help')).toContain('worker');
  });

  it('comes up from nothing and is healthy', async () => {
    await ground.compose.must(['up', '-d', ...ground.services()]);
    await ground.compose.untilHealthy();
    const containers = await ground.compose.containers();
    expect(containers.map(({ service }) => service).sort()).toEqual(ground.services().sort());
    const oneShots = containers
      .filter(({ state }) => state.Status === 'exited')
      .map(({ service }) => service);
    expect(oneShots.sort()).toEqual(['temporal-namespace', 'temporal-schema']);
  });

  it('publishes on 127.0.0.1 only, and not the database', async () => {
    const published = (await ground.compose.containers()).flatMap((container) =>
      container.published.map((address) => ({ service: container.service, address })),
    );
    expect(published.map(({ service }) => service).sort()).toEqual([
      'codec-server',
      'prometheus',
      'temporal',
      'temporal-ui',
    ]);
    for (const { address } of published) expect(address).toMatch(/^127\.0\.0\.1:/);
  });

  it('has namespace, retention, search attributes and raised limits', async () => {
    const connection = await Connection.connect({ address: ground.compose.address.temporal });
    try {
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(RETENTION_DAYS * 86_400);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'default',
      });
      expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributes)));
    } finally {
      await connection.close();
    }
    const log = await ground.compose.logs('temporal');
    for (const queue of ['transfer', 'timer', 'visibility']) {
      expect(log.toLowerCase()).toMatch(new RegExp(`history\\.${queue}processormaxpollrps.*1000`));
    }
  });

  it("runs the light demo's request for a client on the host", async () => {
    const request = await requestInContainer(join(ground.data, 'light'));
    const [file, result] = [
      join(ground.sandbox.dir, 'light.json'),
      join(ground.sandbox.dir, 'light-result.json'),
    ];
    await writeFile(file, JSON.stringify(request));
    ground.giveRuns();
    const { code, stderr } = await ground.client('run', file, '--result', result);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { status, images: made } = await resultOf(result);
    expect([status, made.length]).toEqual(['done', 6]);
    expect(await stat(join(request.workflow_dir_local, 'result.json'))).toMatchObject({ uid: UID, gid: GID });
  });

  it('shows the run in the Web UI', async () => {
    const page = await fetch(`http://${ground.compose.address.ui}/`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<html')]);
    const runs = await fetch(`http://${ground.compose.address.ui}/api/v1/namespaces/default/workflows`);
    expect(await runs.text()).toContain('processWorkflow');
  });

  it('has a codec server that the Web UI may ask', async () => {
    const asked = await fetch(`http://${ground.compose.address.codec}/decode`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:8080', 'access-control-request-method': 'POST' },
    });
    expect(asked.headers.get('access-control-allow-origin')).toBe('http://localhost:8080');
  });

  it('is scraped by Prometheus', async () => {
    interface Targets {
      data: { activeTargets: { labels: Record<string, string>; health: string; lastError: string }[] };
    }
    const targets = async (): Promise<Targets['data']['activeTargets']> => {
      const answer = await fetch(`http://${ground.compose.address.prometheus}/api/v1/targets`);
      return ((await answer.json()) as Targets).data.activeTargets;
    };
    await until('targets that are up', async () => {
      const seen = await targets();
      return seen.length >= 3 && seen.every(({ health }) => health === 'up');
    });
  });

  it('ends a run in whose middle everything was killed', async () => {
    const { request, runs, go } = await gatedRequest(join(ground.data, 'killed'));
    const [file, result] = [
      join(ground.sandbox.dir, 'killed.json'),
      join(ground.sandbox.dir, 'killed-result.json'),
    ];
    await writeFile(file, JSON.stringify(request));
    ground.giveRuns();
    const started = await ground.client('start', file);
    expect([started.code, started.stderr]).toEqual([0, expect.any(String)]);
    const begun = (): Promise<string> => readFile(runs, 'utf8').catch(() => '');
    await until('the gate', async () => (await begun()) === '*\n', MINUTES_MS);

    await ground.daemon.killEverything();
    await ground.daemon.startAgain();
    await ground.compose.untilHealthy();
    await writeFile(go, '');

    const { code, stderr } = await ground.client('run', file, '--result', result);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { status, task_runs, images: made } = await resultOf(result);
    expect([status, made.length, task_runs.length]).toEqual(['done', 6, 6]);
    // The gate ran twice, as was allowed; what had ended before did not.
    expect(await begun()).toBe('*\n*\n');
    const files = await readdir(request.workflow_dir_local, { recursive: true });
    expect(files.filter((name) => /-log\.\d+\.txt$/.test(name))).toEqual([
      expect.stringMatching(/^1_gate\//),
    ]);
  });

  it('is restored from a dump into a new volume by the commands of docs/docker.md, over what is there', async () => {
    const before = (await ground.compose.containers()).length;
    const dump = await ground.compose.pipe(BACKUP);
    await restore(ground.daemon, ground.compose, dump, ground.services());
    await ground.compose.untilHealthy();
    expect(await ground.compose.containers()).toHaveLength(before);
    const { stdout } = await ground.client('list', '--json');
    const runs = JSON.parse(stdout) as { state: string }[];
    expect(runs.map(({ state }) => state)).toEqual(['completed', 'completed']);
    const again = await ground.client(
      'run',
      join(ground.sandbox.dir, 'light.json'),
      '--result',
      join(ground.sandbox.dir, 'again.json'),
    );
    expect([again.code, again.stderr]).toEqual([0, expect.any(String)]);
    const request = await requestInContainer(join(ground.data, 'later'));
    const [file, result] = [
      join(ground.sandbox.dir, 'later.json'),
      join(ground.sandbox.dir, 'later-result.json'),
    ];
    await writeFile(file, JSON.stringify(request));
    ground.giveRuns();
    const later = await ground.client('run', file, '--result', result);
    expect([later.code, later.stderr]).toEqual([0, expect.any(String)]);
    const schema = await ground.compose.logs('temporal-schema');
    expect(schema).toContain('temporal_visibility: update-schema');
  });

  it('leaves nothing', async () => {
    expect(await ground.compose.traces()).not.toEqual([]);
    await ground.compose.must(['down', '-v']);
    expect(await ground.compose.traces()).toEqual([]);
    expect((await stat(join(ground.data, 'light'))).isDirectory()).toBe(true);
  });
});
