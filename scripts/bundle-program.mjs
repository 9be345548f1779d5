// dist/program: the program with the packages that it loads, in a few files. A command that asks a server would load
// some 260 files otherwise, which is a third of the time that it takes (docs/performance.md).
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const outdir = join(dist, 'program');

/** Native code, and what shares its state with it; loaded from their own folders by those who run workers. */
const external = [
  '@temporalio/worker',
  '@temporalio/activity',
  '@temporalio/core-bridge',
  'pino',
  '@opentelemetry/*',
];

/** Files that ours find beside themselves (docs/, the batch script) stay where they are. */
const ownPlaces = {
  name: 'own-places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      if (!path.startsWith(dist)) return undefined;
      const here = JSON.stringify(relative(outdir, path));
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', `new URL(${here}, import.meta.url).href`) };
    }),
};

/** Of earlier builds; a program that was started from one may still load them. */
const OLD_MS = 86_400_000;

const removeOld = async (written) => {
  for (const name of await readdir(outdir)) {
    const file = join(outdir, name);
    if (!written.has(file) && Date.now() - (await stat(file)).mtimeMs > OLD_MS) await rm(file);
  }
};

/**
 * @param replaceFile writes a file in one step.
 * @returns the files that it consists of, a line each.
 */
export const bundleProgram = async (replaceFile) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(dist, 'cli', 'program-main.js')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    external,
    plugins: [ownPlaces],
    minifyWhitespace: true,
    write: false,
    metafile: true,
    // Packages in CommonJS call it.
    banner: { js: "import{createRequire as $c}from'node:module';const require=$c(import.meta.url);" },
    logLevel: 'warning',
  });
  await mkdir(outdir, { recursive: true });
  // The entry names the others: it comes last.
  const entry = join(outdir, 'program-main.js');
  for (const { path, text } of outputFiles) if (path !== entry) await replaceFile(path, text);
  for (const { path, text } of outputFiles) if (path === entry) await replaceFile(path, text);
  await removeOld(new Set(outputFiles.map(({ path }) => path)));
  return Object.keys(metafile.inputs).join('\n');
};
