// Compiles the package into dist/: TypeScript, the batch script, the workflow bundle, the executable bit.
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleProgram } from './bundle-program.mjs';
import { thirdPartyLicences } from './third-party.mjs';
import { warmServerText } from './warm-server.mjs';

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

// File by file, without a look at types: a third of the time, and the same JavaScript (`isolatedModules`).
const transpile = async () => {
  const { default: ts } = await import('typescript');
  const { config } = ts.readConfigFile(inRoot('tsconfig.build.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // `nodenext` looks for the kind of a module in package.json, which is out of reach here.
  const compilerOptions = { ...options, module: ts.ModuleKind.ES2022, declaration: false, sourceMap: false };
  for (const fileName of fileNames) {
    const target = join(options.outDir, relative(options.rootDir, fileName)).replace(/\.ts$/, '.js');
    const { outputText } = ts.transpileModule(await readFile(fileName, 'utf8'), {
      compilerOptions: { ...compilerOptions, moduleResolution: ts.ModuleResolutionKind.Bundler },
      fileName,
    });
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
};

// Somebody who reads it during a build must never have half of it.
const replaceFile = async (file, text) => {
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, text);
  await rename(unfinished, file);
};

const copyData = async () => {
  await mkdir(inRoot('dist', 'encryption'), { recursive: true });
  await cp(
    inRoot('src', 'encryption', 'failure-converter.cjs'),
    inRoot('dist', 'encryption', 'failure-converter.cjs'),
  );
  await mkdir(inRoot('dist', 'warm'), { recursive: true });
  await replaceFile(
    inRoot('dist', 'warm', 'server.py'),
    await warmServerText(inRoot('src', 'warm', 'server')),
  );
  for (const file of [
    'batch.sh',
    'ownership.sh',
    'lanes.sh',
    'cores.sh',
    'launchers/exec.sh',
    'launchers/warm-server.sh',
    'launchers/warm.sh',
  ].map((name) => `batch/${name}`)) {
    if (!existsSync(inRoot('src', file))) continue;
    await mkdir(dirname(inRoot('dist', file)), { recursive: true });
    await cp(inRoot('src', file), inRoot('dist', file));
  }
};

// Bundling at each worker start would cost 2-3 s.
/** Resolves to the code of both bundles. */
const bundleWorkflows = async () => {
  const workflowsPath = inRoot('dist', 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return [];
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.error, error: console.error, log() {} };
  // How failures are converted is part of a bundle, so that a worker that encrypts has one of its own.
  const failureConverterPath = inRoot('dist', 'encryption', 'failure-converter.cjs');
  const bundles = [];
  for (const [name, options] of [
    ['workflow-bundle.js', {}],
    ['workflow-bundle-encrypting.js', { failureConverterPath }],
  ]) {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet, ...options });
    await replaceFile(inRoot('dist', name), code);
    bundles.push(code);
  }
  return bundles;
};

/**
 * Builds dist/. Files of sources that are gone are removed only with `clean`: others may be running from dist/.
 * `types: false` makes the JavaScript only, and finds no errors of types.
 */
export const build = async ({ clean = false, types = true } = {}) => {
  if (clean) await rm(inRoot('dist'), { recursive: true, force: true });
  if (types) compile();
  else await transpile();
  await copyData();
  const bundled = [...(await bundleWorkflows()), await bundleProgram(replaceFile)];
  await replaceFile(inRoot('dist', 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicences(root, bundled));
  if (existsSync(inRoot('dist', 'cli', 'main.js'))) await chmod(inRoot('dist', 'cli', 'main.js'), 0o755);
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build({ clean: process.argv.includes('--clean'), types: !process.argv.includes('--no-types') });
}
