/**
 * Puts the seam under everything that the product imports: files, pauses, processes, limits. A test file imports this
 * before all else.
 */
import type * as processes from 'node:child_process';
import type * as files from 'node:fs/promises';
import type * as timers from 'node:timers/promises';
import type * as execa from 'execa';
import type * as limits from 'p-limit';
import { vi } from 'vitest';
import { installSignals } from './processes.js';
import { installClocks } from './time.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { seamFiles } = await import('./files.js');
  return seamFiles(await importOriginal<typeof files>());
});
vi.mock('node:timers/promises', async (importOriginal) => {
  const { seamSleep } = await import('./time.js');
  const original = await importOriginal<typeof timers>();
  return { ...original, setTimeout: seamSleep(original.setTimeout) };
});
vi.mock('node:child_process', async (importOriginal) => {
  const { seamSpawn } = await import('./processes.js');
  const original = await importOriginal<typeof processes>();
  return { ...original, spawn: seamSpawn(original.spawn as never) };
});
vi.mock('execa', async (importOriginal) => {
  const { seamExeca } = await import('./processes.js');
  const original = await importOriginal<typeof execa>();
  return { ...original, execa: seamExeca(original.execa as never) };
});
vi.mock('p-limit', async (importOriginal) => {
  const { seamLimit } = await import('./time.js');
  const { default: pLimit } = await importOriginal<typeof limits>();
  return { default: seamLimit(pLimit as never) };
});

installClocks();
installSignals();
