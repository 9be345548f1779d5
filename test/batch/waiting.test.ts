/** Lanes that wait for a width that nobody raises: their worker is gone (docs/local.md, "Units at once"). */
import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { widthText } from '../../src/executors/local/width/width-file.js';
import { until } from '../support/until.js';
import { scriptOf, statusesOf, type ScriptTest } from './scripts.js';

/** By /proc/uptime: nobody has looked after the file since the host was started. */
const GONE = '0\n1.00\n';
let host: string;
let widthFile: string;

beforeEach(async () => {
  host = await mkdtemp(join(tmpdir(), 'fractal-host-'));
  widthFile = join(host, 'width');
});
afterEach(() => rm(host, { recursive: true, force: true }));

const waiting = async (width: string): Promise<ScriptTest> => {
  await writeFile(widthFile, width);
  return scriptOf(['true', 'true'], { lanes: 2, control: { widthFile, lanesFile: join(host, 'lanes') } });
};

/** Both lanes have opened the units file: from then on they only wait. */
const untilLanesWait = (pid: number): Promise<void> =>
  until('two lanes', async () => {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const lanes = await Promise.all(
      children
        .trim()
        .split(' ')
        .map((lane) => readlink(`/proc/${lane}/fd/8`).catch(() => '')),
    );
    return lanes.filter((path) => path.endsWith('/units')).length === 2;
  });

it('end with their script once the folder of their run is gone', async () => {
  const test = await waiting(GONE);
  const script = test.start();
  await untilLanesWait(script.pid);
  await rm(test.here('.'), { recursive: true });
  expect(await script.ended).toBe(93);
});

it('go on when a worker is there again', async () => {
  const test = await waiting(GONE);
  const script = test.start();
  await untilLanesWait(script.pid);
  await writeFile(widthFile, await widthText(1));
  expect(await script.ended).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0, 1: 0 });
});

it('understand a width that an older worker has written, without the time', async () => {
  const test = await waiting('2\n');
  expect(await test.run()).toBe(0);
});
