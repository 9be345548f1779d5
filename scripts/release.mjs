// `npm run release -- FOLDER`: what a release publishes: the package, its SBOM, and the SHA-256 of both (docs/security.md).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const npm = (args, cwd = root) => {
  const { status, stdout, error } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 100_000_000,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed (${error?.message ?? status})`);
  return stdout;
};

const withoutDevelopment = (manifest) => ({ ...manifest, devDependencies: {}, peerDependencies: {} });

/**
 * Of the lock file, not of what happens to be installed: the same commit gives the same list. Without what only
 * development needs: `--omit=dev` would also leave out what a tool of ours and the package both need (zod).
 */
const sbom = () => {
  const temporary = mkdtempSync(join(tmpdir(), 'fractal-temporal-sbom-'));
  // npm names the package after its folder.
  const folder = join(temporary, 'fractal-temporal');
  try {
    mkdirSync(folder);
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const shipped = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional);
    const packages = Object.fromEntries(shipped);
    packages[''] = withoutDevelopment(packages['']);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(withoutDevelopment(manifest)));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
    return JSON.parse(
      npm(['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=library'], folder),
    );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

const sums = (folder) =>
  readdirSync(folder)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}\n`,
    )
    .join('');

const [to] = process.argv.slice(2);
if (to === undefined) throw new Error('usage: npm run release -- FOLDER');
const folder = resolve(to);
mkdirSync(folder, { recursive: true });
if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder]));
writeFileSync(join(folder, filename.replace(/\.tgz$/, '.cdx.json')), `${JSON.stringify(sbom(), null, 2)}\n`);
writeFileSync(join(folder, 'SHA256SUMS'), sums(folder));
console.log(`${folder}:\n${readFileSync(join(folder, 'SHA256SUMS'), 'utf8')}`);
