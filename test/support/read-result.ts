import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../src/wire/result.js';

/** What the run in the folder `run` of a test's folder has written in the end. */
export const readResult = async (dir: string): Promise<RunResult> =>
  JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;
