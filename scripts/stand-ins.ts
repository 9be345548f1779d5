/**
 * `npm run stand-ins`: what the stand-ins of `npm run test:compose` are made of, into the cache folder (docs/docker.md, "The
 * test"). Minutes the first time: it can be started beside other work, ahead of the test.
 */
import { constants, setPriority } from 'node:os';
import { makeMaterials } from '../test/compose/all-materials.js';
import { installDocker, say, whyNoContainers } from '../test/compose/host.js';

const why = whyNoContainers();
if (why === null) {
  await installDocker();
  // Others may wait for the installer; for compilers nobody does.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  for (const [name, path] of Object.entries(await makeMaterials())) say(`${name}: ${String(path)}`);
} else {
  say(`no stand-ins are made: ${why}`);
}
