/** Fills the folder of a demo: raw plate and request. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/server/folders.js';
import { writeRawPlate } from './raw-plate.js';
import { type DemoRequest, lightRequest, realRequest } from './request.js';
import { ensureTaskEnvironment } from './task-environment.js';
import { writeTiffPlate } from './tiff-plate.js';

/** What lies where in the folder of a demo. */
export const demoPaths = (dir: string) => ({
  rawDir: join(dir, 'raw'),
  zarrDir: join(dir, 'zarr'),
  workflowDir: join(dir, 'run'),
  request: join(dir, 'request.json'),
  result: join(dir, 'result.json'),
  /** Database, log and state of the Temporal server. */
  serverHome: join(dir, 'server'),
  upLog: join(dir, 'up.log'),
});

/** The request that is in the folder already, or null. */
const existingRequest = async (file: string): Promise<DemoRequest | null> => {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as DemoRequest);
};

/**
 * Make plate and request in `dir`, unless an earlier call did: then that demo goes on, so that a run that was left
 * can be joined again.
 *
 * @throws NoPython, TaskEnvironmentFailed, file system errors.
 */
export const prepareDemo = async (
  dir: string,
  options: { light: boolean; backend: string; say: (line: string) => void },
): Promise<DemoRequest> => {
  const paths = demoPaths(dir);
  const existing = await existingRequest(paths.request);
  if (existing !== null) {
    options.say(`going on with the demo in ${dir}`);
    return existing;
  }
  const { rawDir, zarrDir, workflowDir } = paths;
  await mkdir(zarrDir, { recursive: true });
  let request: DemoRequest;
  if (options.light) {
    request = await lightRequest({ zarrDir, workflowDir, rawDir, ...(await writeRawPlate(rawDir)) });
  } else {
    const environment = await ensureTaskEnvironment(cacheFolder(), options.say);
    request = await realRequest({ zarrDir, workflowDir, ...environment, ...(await writeTiffPlate(rawDir)) });
  }
  request = { ...request, backend: options.backend };
  options.say(`raw plate of two wells: ${rawDir}`);
  await writeFile(`${paths.request}.tmp`, `${JSON.stringify(request, null, 2)}\n`);
  await rename(`${paths.request}.tmp`, paths.request);
  return request;
};
