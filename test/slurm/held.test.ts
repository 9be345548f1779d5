/** Held runs on a real cluster: everything is started anew meanwhile, then the operator's word, at the command line, ends them as if nothing had failed. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/server/index.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { untilStatus } from '../support/operator.js';
import { makeRequest, update, zarrUrl, type UnitScript } from '../support/scripted-requests.js';
import { describeOnCluster } from './on-cluster.js';
import { startSlurmWorker, type SlurmWorker } from './slurm-worker.js';

const images = ['a', 'b', 'c'];

describeOnCluster('held runs on SLURM', {}, (cluster) => {
  let sandbox: Sandbox;
  let server: EmbeddedServer;
  let worker: SlurmWorker;

  const startServer = (ports?: { port: number; uiPort: number; exact: boolean }): Promise<EmbeddedServer> =>
    startEmbeddedServer({
      ...{ binary: inject('temporal').binary, dbFile: join(sandbox.dir, 'temporal.db'), logFile: null },
      ...(ports === undefined ? {} : { ports }),
    });

  /** With the same database, at the same place. */
  const restartServer = async (): Promise<void> => {
    const port = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1]);
    const ports = { port: port(server.address), uiPort: port(server.uiAddress), exact: true };
    await server.stop();
    server = await startServer(ports);
  };

  beforeAll(async () => {
    sandbox = await createSandbox(inject('temporal').binary);
    server = await startServer();
    worker = await startSlurmWorker(cluster(), server.address);
  });
  afterAll(async () => {
    await worker?.stop();
    await server?.stop();
    await sandbox?.dispose();
  });

  const begin = async (ofB: (dir: string) => UnitScript): Promise<{ dir: string; run: RunHandle }> => {
    const dir = await worker.folder();
    await writeFile(join(dir, 'broken'), '');
    const script = Object.fromEntries(
      images.map((name) => [
        zarrUrl(dir, name),
        {
          ...(name === 'b' ? ofB(dir) : {}),
          write: { image_list_updates: [update(zarrUrl(dir, `${name}2`), { origin: zarrUrl(dir, name) })] },
        },
      ]),
    );
    const meta = { tasks_per_job: 3, parallel_tasks_per_job: 1, mem: 100 };
    const tasks = [{ type: 'parallel' as const, runs_file: join(dir, 'runs'), script, meta }];
    const extra = { recovery: { on_failure: 'wait' } };
    return { dir, run: await worker.start(makeRequest({ dir, tasks, images, extra })) };
  };

  const operate = async (run: RunHandle, command: string, ...more: string[]) => {
    const { code, stderr } = await sandbox.run([
      command,
      run.workflowId,
      ...more,
      '--address',
      server.address,
    ]);
    return `${code} ${stderr.trim()}`;
  };

  /** Image list, how often each unit began, and the tries of unit b. */
  const outcomeOf = async ({ dir, run }: { dir: string; run: RunHandle }) => {
    const result = await run.result();
    const begun = (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n').toSorted();
    return {
      status: result.status,
      images: JSON.parse(JSON.stringify(result.images).replaceAll(dir, '')) as unknown,
      begun: begun.map((url) => url.slice(-1)).join(''),
      tries: result.task_runs[0]?.units[1]?.tries?.map(({ cause, asked }) => [
        cause,
        asked['mem_mb_per_unit'],
      ]),
    };
  };

  it('server and worker started anew, then retry with --mem: as a run that never failed', async () => {
    const held = await begin((dir) => ({ fail_while: join(dir, 'broken') }));
    await untilStatus(held.run, 'held');
    await worker.replace('SIGKILL', restartServer);
    await untilStatus(held.run, 'held');
    expect(await operate(held.run, 'retry', '--units', '0,2')).toBe(
      '2 retry refused: units 0, 2 have succeeded',
    );
    expect(await operate(held.run, 'retry', '--mem', '1.5G')).toMatch(/^2 retry refused: mem: expected /);
    expect(await operate(held.run, 'retry', '--mem', '100G')).toMatch(/^2 retry refused: .*64000/);
    expect(await operate(held.run, 'retry', '--time', 'soon')).toMatch(/^2 retry refused: time: /);
    await rm(join(held.dir, 'broken'));
    expect(await operate(held.run, 'retry', '--mem', '300M', '--time', '5', '--yes')).toBe(
      '0 Task 0 Task 0: 1 unit again with mem 300M, time 5',
    );
    const whole = await begin(() => ({}));
    const expected = await outcomeOf(whole);
    expect(await outcomeOf(held)).toEqual({
      ...expected,
      begun: 'abbc',
      tries: [
        ['exit', 100],
        [null, 300],
      ],
    });
    expect(expected).toMatchObject({ status: 'done', begun: 'abc', tries: [[null, 100]] });
  });

  it('a unit that was out of memory runs again only with more of it', async () => {
    if (!cluster().cgroup) {
      console.warn('no cgroup on this host: no unit is ended at its memory limit here');
      return;
    }
    const held = await begin(() => ({ hog_bytes: 230_000_000 }));
    await untilStatus(held.run, 'held');
    expect(await operate(held.run, 'retry')).toMatch(
      /^2 retry refused: unit 1 was interrupted \(out_of_memory\).*rerun_interrupted/,
    );
    expect(await operate(held.run, 'retry', '--mem', '100M')).toMatch(
      /^2 retry refused: unit 1 was interrupted \(out_of_memory\) and would have no more than then: ask for more /,
    );
    expect(await operate(held.run, 'retry', '--mem', '400M')).toBe(
      '0 Task 0 Task 0: 1 unit again with mem 400M',
    );
    expect(await outcomeOf(held)).toMatchObject({
      status: 'done',
      begun: 'abbc',
      tries: [
        ['out_of_memory', 100],
        [null, 400],
      ],
    });
  });
});
