// dist/THIRD-PARTY-LICENSES.txt: the bundles in dist/ hold code of packages, whose licences want their texts beside it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of a package, in the folder of another one as the case may be. */
const PACKAGE = /node_modules\/(?:[^"'\s]*\/node_modules\/)?(?:@[^/"'\s]+\/)?[^/"'\s]+(?=\/)/g;

const textsIn = async (folder) => {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
  return Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
};

/**
 * @param root of the repository.
 * @param bundled texts that name the files of bundles: lists of paths, or the bundles themselves.
 * @throws when a package names no licence.
 */
export const thirdPartyLicences = async (root, bundled) => {
  const folders = [...new Set(bundled.flatMap((text) => text.match(PACKAGE) ?? []))].sort();
  const parts = await Promise.all(
    folders.map(async (path) => {
      const folder = join(root, path);
      const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      if (!license) throw new Error(`${name} ${version}: its package names no licence`);
      return [`${name} ${version}: ${license}`, ...(await textsIn(folder))].join('\n\n');
    }),
  );
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
};
