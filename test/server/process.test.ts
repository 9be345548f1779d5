import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endProcess, isAlive, ownIdentity, processStart, waitForEnd } from '../../src/server/process.js';

const start = async (script: string) => {
  const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  return { child, identity: { pid, started: (await processStart(pid)) ?? '' } };
};

describe('process identity', () => {
  it('this process lives', async () => {
    expect(await isAlive(await ownIdentity())).toBe(true);
  });

  it('the same pid with another start is somebody else, and is left alone', async () => {
    const { child, identity } = await start('echo; exec sleep 60');
    const other = { ...identity, started: `${identity.started}0` };
    expect(await isAlive(other)).toBe(false);
    await endProcess(other, 10);
    expect(await isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(identity)).toBe(false);
  });

  it('ends a process that does not listen to SIGTERM', async () => {
    const { child, identity } = await start("trap '' TERM; echo; while :; do sleep 0.01; done");
    const exited = once(child, 'exit');
    await endProcess(identity, 50);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(await waitForEnd(identity, 0)).toBe(true);
  });
});
