/**
 * A run is watched while it lives, by the program and by the typed client, with its directory in sight and without: the end of
 * one unit is told while another runs, which goes on only when it has been told.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { EventLine } from '../../src/wire/events.js';
import type { RunResult } from '../../src/wire/result.js';
import { readEventLines } from '../support/events.js';
import { startHarness, type Harness } from '../support/harness.js';
import { readResult } from '../support/read-result.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';

const dist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const address = inject('temporal').address;

/** Others may not make mount namespaces. */
const isRoot = process.getuid?.() === 0;

/** A program of somebody who has the package: prints each event as it comes, then what else there is to be had. */
const CALLER = `
import { connectClient, getRun, resolveTarget } from ${JSON.stringify(pathToFileURL(dist('index.js')).href)};
const { client, close } = await connectClient(await resolveTarget({}));
const run = await getRun(client, process.argv[2]);
const say = (value) => console.log(JSON.stringify(value));
for await (const event of run.events()) say(event);
const result = await run.result();
const files = await run.files();
const log = await files.read('0_task_0/par-000000-0000000-log.txt');
const end = await files.piece('0_task_0/par-000000-0000000-log.txt', -5);
say({
  ...{ result, here: files.here, log: log.toString(), end: end.toString(), names: await files.list('0_task_0') },
  ...{ tail: await files.tail('0_task_0/par-000000-0000000-log.txt', 1), none: await files.read('0_task_0/never.txt') },
});
await close();
`;

interface Said {
  result: RunResult;
  here: boolean;
  log: string;
  end: string;
  tail: string;
  names: string[];
  none: null;
}

let harness: Harness;
let own: string;
beforeAll(async () => {
  harness = await startHarness({ address });
  own = await mkdtemp(join(tmpdir(), 'fractal-temporal-watched-'));
  await writeFile(join(own, 'caller.mjs'), CALLER);
});
afterAll(async () => {
  await harness.stop();
  await rm(own, { recursive: true, force: true });
});

/** Where the folder is an empty one; without it, as it is. */
const command = (hidden: string | null, args: string[]): [string, string[]] => {
  if (hidden === null) return [process.execPath, args];
  const script = 'mount -t tmpfs none "$1" && shift && exec "$@"';
  return ['unshare', ['-m', 'sh', '-c', script, 'sh', hidden, process.execPath, ...args]];
};

/** A run of two units; the second ends as soon as the watching program has printed the end of the first. */
const watched = async (
  isHidden: boolean,
  args: (id: string) => string[],
): Promise<{ dir: string; lines: string[]; told: EventLine[]; code: number | null }> => {
  const dir = await harness.folder();
  const go = join(own, `go-${randomUUID()}`);
  const script = { [zarrUrl(dir, 'a')]: { log: 'first\nlast' }, [zarrUrl(dir, 'b')]: { wait_for: go } };
  const run = await harness.start(
    makeRequest({ dir, tasks: [{ type: 'parallel', script }], images: ['a', 'b'] }),
  );
  const child = spawn(...command(isHidden ? dir : null, args(run.workflowId)), {
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes('"unit_ended"')) await writeFile(go, '');
  }
  const told = lines.map((line) => JSON.parse(line) as EventLine).filter((line) => 'event' in line);
  return { dir, lines, told, code: await ended };
};

describe.each([
  ['whose directory is in sight', false],
  ['from afar', true],
] as const)('a run that goes on, %s', (_, isHidden) => {
  it.runIf(isRoot || !isHidden)('is told by events --follow, until it is closed', async () => {
    const { dir, told, code } = await watched(isHidden, (id) => [
      dist('cli/main.js'),
      ...['events', id, '--follow', '--json'],
    ]);
    expect(told).toEqual(readEventLines(join(dir, 'run')));
    expect(told.at(-1)?.event).toBe('run_closed');
    expect(code).toBe(0);
  });

  it.runIf(isRoot || !isHidden)('is told by the typed client, which then has result and files', async () => {
    const { dir, lines, told, code } = await watched(isHidden, (id) => [join(own, 'caller.mjs'), id]);
    expect(code).toBe(0);
    expect(told).toEqual(readEventLines(join(dir, 'run')));
    const said = JSON.parse(lines.at(-1) ?? '') as Said;
    expect(said.result).toEqual(await readResult(dir));
    expect(said).toMatchObject({
      here: !isHidden,
      log: 'first\nlast\n',
      end: 'last\n',
      tail: 'last',
      none: null,
    });
    expect(said.names).toContain('units.jsonl');
  });
});
