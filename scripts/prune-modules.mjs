// `node scripts/prune-modules.mjs node_modules`: removes from installed packages what no running program reads, for the
// image (Dockerfile): native libraries of other platforms, types, source maps, sources beside what was built of them.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Rust's names of the platforms that Node calls so; musl is not among those that the SDK is built for. */
const TRIPLES = {
  x64: 'x86_64-unknown-linux-gnu',
  arm64: 'aarch64-unknown-linux-gnu',
};

/** Of no use once a package is built: what only compilers, debuggers and people read. Licences stay. */
const UNREAD = /\.(d\.[cm]?ts|ts|map|md|markdown)$/i;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/** Folders whose content is read at build time only, below node_modules. */
const BUILD_ONLY = [
  // The sources of the native library.
  '@temporalio/core-bridge/sdk-core',
  '@temporalio/core-bridge/src',
  // The compiler that bundles workflows: the image holds the bundle.
  `@swc/core-linux-${process.arch}-gnu`,
];

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('which node_modules?');
const triple = TRIPLES[process.arch];
if (triple === undefined) throw new Error(`no native library of the Temporal SDK for ${process.arch}`);

const releases = join(root, '@temporalio', 'core-bridge', 'releases');
for (const name of readdirSync(releases)) {
  if (name !== triple) rmSync(join(releases, name), { recursive: true });
}
for (const folder of BUILD_ONLY) rmSync(join(root, folder), { recursive: true, force: true });
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && UNREAD.test(entry.name) && !LICENCE.test(entry.name)) {
    rmSync(join(entry.parentPath, entry.name));
  }
}
