// Compiles the package into dist/: TypeScript, the batch script, the workflow bundle, the executable bit.
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => join(root, ...parts);

const compile = () => {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', inRoot('tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('tsc found errors');
};

const copyData = async () => {
  for (const file of ['batch/batch.sh']) {
    if (!existsSync(inRoot('src', file))) continue;
    await mkdir(dirname(inRoot('dist', file)), { recursive: true });
    await cp(inRoot('src', file), inRoot('dist', file));
  }
};

// Bundling at each worker start would cost 2-3 s.
const bundleWorkflows = async () => {
  const workflowsPath = inRoot('dist', 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.error, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet });
  // A worker that starts during a build must never read half a bundle.
  const unfinished = inRoot('dist', `workflow-bundle.js.${process.pid}.tmp`);
  await writeFile(unfinished, code);
  await rename(unfinished, inRoot('dist', 'workflow-bundle.js'));
};

/** Builds dist/. Files of sources that are gone are removed only with `clean`: others may be running from dist/. */
export const build = async ({ clean = false } = {}) => {
  if (clean) await rm(inRoot('dist'), { recursive: true, force: true });
  compile();
  await copyData();
  await bundleWorkflows();
  if (existsSync(inRoot('dist', 'cli', 'main.js'))) await chmod(inRoot('dist', 'cli', 'main.js'), 0o755);
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build({ clean: process.argv.includes('--clean') });
}
