/** What a user's environment makes bash do by itself must not reach our shells, and must reach the units. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readJournals } from '../../../src/batch/read-journals.js';
import type { ExecutorContext } from '../../../src/batch/contract.js';
import { createLocalBackend } from '../../../src/executors/local/index.js';
import { makeBatch } from '../../../src/conformance/batches.js';
import { until } from '../../support/until.js';

const context: ExecutorContext = { signal: new AbortController().signal, note: () => undefined };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-settings-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const run = async (unit: string, command?: string[]): Promise<string> => {
  const backend = createLocalBackend({ stateDir: join(folder, 'state'), queue: 'q', maxUnits: 1 });
  const test = await makeBatch({
    backend,
    folder,
    key: 'key',
    units: [unit],
    ...(command ? { command } : {}),
  });
  const handle = await backend.executor.submit(test.batch, context);
  await until('its end', async () => (await backend.executor.status(test.batch, handle)).state === 'ended');
  const { complete, ends } = await readJournals(test.batch.paths.journalPrefix);
  expect({ complete, status: ends.get(0)?.status }).toEqual({ complete: true, status: 0 });
  return readFile(test.file(0, 'log.txt'), 'utf8');
};

it('a start-up file that prints and then exits harms no batch, and is sourced by the shells of units', async () => {
  const startUp = join(folder, 'bash_env');
  await writeFile(startUp, 'echo "Loading modules"; [[ -n ${UNIT_OF_MINE-} ]] || exit 3\n');
  vi.stubEnv('BASH_ENV', startUp);
  vi.stubEnv('SHELLOPTS', 'xtrace:errexit');
  const log = await run('echo $BASH_ENV; UNIT_OF_MINE=1 bash -c true');
  expect(log).toBe(`${startUp}\nLoading modules\n`);
});

it('an exported function stands in no command of ours, and is there for units', async () => {
  vi.stubEnv('BASH_FUNC_printf%%', '() {  echo "not the builtin"\n}');
  vi.stubEnv('BASH_FUNC_module%%', '() {  echo "module $1"\n}');
  const unit = 'module load; printf x; env | grep FRACTAL_UNIT_ENV; true';
  const log = await run('unused', ['bash', '-c', unit, 'sh']);
  expect(log).toBe('module load\nnot the builtin\n');
});
