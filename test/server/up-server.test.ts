import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  acquireUpServer,
  findPrivateServer,
  findUpServer,
  ServerElsewhere,
  UpAlreadyRunning,
} from '../../src/server/up-server.js';
import { isAlive, processStart, waitForEnd } from '../../src/server/process.js';
import { readUpState, upStatePath, type UpState, writeUpState } from '../../src/server/up-state.js';
import { until } from '../support/until.js';

let home: string;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fractal-temporal-up-'));
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await rm(home, { recursive: true, force: true });
});

const acquire = async (isPrivate = false) => {
  const path = inject('temporal').binary;
  const findBinary = () => Promise.resolve({ path, version: '0' });
  const server = await acquireUpServer({ home, isPrivate, findBinary, say: () => undefined });
  stops.push(server.stop);
  return server;
};

/** Another process that acquires the server of `home` and holds it until it is killed. */
const holdElsewhere = async (isPrivate: boolean) => {
  const dist = fileURLToPath(new URL('../../dist/server/up-server.js', import.meta.url));
  const code = `
    import { acquireUpServer } from ${JSON.stringify(dist)};
    const path = ${JSON.stringify(inject('temporal').binary)};
    await acquireUpServer({ home: ${JSON.stringify(home)}, isPrivate: ${String(isPrivate)},
      say: () => undefined, findBinary: async () => ({ path, version: '0' }) });
    console.log('held');
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

const workflowCount = async (address: string): Promise<number> => {
  const connection = await Connection.connect({ address });
  try {
    const { count } = await connection.workflowService.countWorkflowExecutions({ namespace: 'default' });
    return Number(count);
  } finally {
    await connection.close();
  }
};

const DAY_MS = 86_400_000;

const retentionDays = async (address: string): Promise<number> => {
  const connection = await Connection.connect({ address });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    return (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000) / DAY_MS;
  } finally {
    await connection.close();
  }
};

const setRetention = async (address: string, days: number): Promise<void> => {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.updateNamespace({
      namespace: 'default',
      config: { workflowExecutionRetentionTtl: msToTs(days * DAY_MS) },
    });
  } finally {
    await connection.close();
  }
};

describe('acquireUpServer', () => {
  it.each([false, true])(
    'keeps ended runs for 30 days, also on an old database (private: %s)',
    async (isPrivate) => {
      const first = await acquire(isPrivate);
      expect(await retentionDays(first.address)).toBe(30);
      await setRetention(first.address, 1);
      await first.stop();
      const second = await acquire(isPrivate);
      expect(await retentionDays(second.address)).toBe(30);
    },
  );

  it('is found while it runs, and not after it was stopped', async () => {
    const server = await acquire();
    expect(server.adopted).toBe(false);
    expect((await findUpServer(home))?.address).toBe(server.address);
    expect(await workflowCount(server.address)).toBe(0);
    await server.stop();
    expect(await isAlive(server.process)).toBe(false);
    expect(await findUpServer(home)).toBeNull();
  });

  it('a second one beside a live owner is refused, naming where it runs', async () => {
    const server = await acquire();
    const error = await acquire().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UpAlreadyRunning);
    expect((error as Error).message).toContain(server.uiAddress);
    expect(await isAlive(server.process)).toBe(true);
  });

  it('adopts the server of an owner that was killed', async () => {
    const elsewhere = await holdElsewhere(false);
    const before = await readUpState(home);
    if (before === null) throw new Error('no state');
    // As a server of an older version of this program was left.
    await setRetention(before.address, 1);
    await elsewhere.kill();
    const server = await acquire();
    expect(server.adopted).toBe(true);
    expect(server.process).toEqual(before.process);
    expect(await retentionDays(server.address)).toBe(30);
  });

  it('a private one ends with its owner, and the next starts on the same database', async () => {
    const elsewhere = await holdElsewhere(true);
    const before = await readUpState(home);
    if (before === null) throw new Error('no state');
    await elsewhere.kill();
    expect(await waitForEnd(before.process, 30_000)).toBe(true);
    const server = await acquire(true);
    expect(server.adopted).toBe(false);
    expect(server.address).toBe(before.address);
  });

  it('a private one that outlives its owner is about to end: nobody finds it, and nobody waits for its answer', async () => {
    const elsewhere = await holdElsewhere(true);
    const { process: server } = (await readUpState(home)) ?? {};
    if (server === undefined) throw new Error('no state');
    expect((await findPrivateServer(home))?.process).toEqual(server);
    // As one that a busy machine gives no time.
    process.kill(server.pid, 'SIGSTOP');
    try {
      await elsewhere.kill();
      expect(await isAlive(server)).toBe(true);
      expect(await findPrivateServer(home)).toBeNull();
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    expect(await waitForEnd(server, 30_000)).toBe(true);
  });

  it('a server that was killed is started again at the same address', async () => {
    const server = await acquire();
    expect(await server.revive()).toBe(false);
    process.kill(server.process.pid, 'SIGKILL');
    await until('the server is gone', async () => !(await isAlive(server.process)));
    expect(await server.revive()).toBe(true);
    expect((await findUpServer(home))?.address).toBe(server.address);
    expect(await workflowCount(server.address)).toBe(0);
  });

  it('stopped while its server is coming up again: nothing is left running', async () => {
    const server = await acquire();
    process.kill(server.process.pid, 'SIGKILL');
    await until('the server is gone', async () => !(await isAlive(server.process)));
    const reviving = server.revive();
    await server.stop();
    expect(await reviving).toBe(true);
    const state = await readUpState(home);
    if (state === null) throw new Error('no state');
    expect(state.process).not.toEqual(server.process);
    expect(await isAlive(state.process)).toBe(false);
    expect(await findUpServer(home)).toBeNull();
  });

  it('a stale state file, or one that is none, does no harm', async () => {
    await writeFile(join(home, 'server.json'), '{"pid": 1');
    const server = await acquire();
    await server.stop();
    const state = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { process: object };
    // The pid of a process that is not our server: this one.
    await writeFile(
      join(home, 'server.json'),
      JSON.stringify({ ...state, process: { pid: process.pid, started: 'long ago' } }),
    );
    expect(await findUpServer(home)).toBeNull();
    expect((await acquire()).adopted).toBe(false);
  });
});

describe('a folder on a disk that hosts share', () => {
  const elsewhere: UpState = {
    process: { pid: 1, started: 'boot-of-another/1' },
    owner: { pid: 2, started: 'boot-of-another/2' },
    ...{ address: '127.0.0.1:1', ui_address: 'http://127.0.0.1:2', namespace: 'default' },
    ...{ db_file: 'temporal.db', version: '0', host: 'another' },
  };

  it('a server that another host has not ended in order is not started a second time', async () => {
    await writeUpState(home, elsewhere);
    await expect(acquire()).rejects.toThrow(ServerElsewhere);
    await expect(acquire(true)).rejects.toThrow(upStatePath(home));
  });

  it.each([
    ['it was ended in order', { owner: null }],
    ['only the name is another: a container', { process: { pid: 1, started: 'this' } }],
  ])('is free when %s', async (_what, change) => {
    const own = (await processStart(process.pid)) ?? '';
    const process_ = { pid: 1, started: `${own.split('/')[0] ?? ''}/0` };
    await writeUpState(home, { ...elsewhere, ...('process' in change ? { process: process_ } : change) });
    expect((await acquire()).adopted).toBe(false);
  });
});
