/** All that the stand-ins are made of, at once: by the test, or ahead of it (scripts/stand-ins.ts). */
import { debian, type GoModule, goModule, nodeWheel, SERVER } from './materials.js';
import { imageOf, tagOf } from './versions.js';

/** Debian makes a cluster of its own when PostgreSQL is installed. */
const NO_CLUSTER =
  '--essential-hook=mkdir -p "$1/etc/postgresql-common" && echo create_main_cluster=false > "$1/etc/postgresql-common/createcluster.conf"';
const SERVICES = ['postgresql-17', 'busybox', 'prometheus', 'ca-certificates', 'tzdata'];

const UI: GoModule = {
  name: 'ui',
  module: 'github.com/temporalio/ui-server/v2',
  programs: { 'ui-server': 'github.com/temporalio/ui-server/v2/cmd/server' },
  tags: [],
  files: ['config/docker.yaml', 'docker/start-ui-server.sh'],
};

/** Paths of a tar each. */
const makeDebians = async (): Promise<{ slim: string; services: string }> => {
  const slim = await debian('slim', []);
  return { slim, services: await debian('services', [`--include=${SERVICES.join()}`, NO_CLUSTER]) };
};

const makePrograms = async (): Promise<{ server: string; ui: string }> => {
  const server = await goModule(SERVER);
  return { server, ui: await goModule(UI) };
};

export interface Materials {
  /** A tar each of a Debian. */
  slim: string;
  services: string;
  /** Folders. */
  node: string;
  server: string;
  ui: string;
}

/** What is in the cache folder is not made again. Packages are fetched while programs are compiled. */
export const makeMaterials = async (): Promise<Materials> => {
  const [debians, programs, node] = await Promise.all([
    makeDebians(),
    makePrograms(),
    nodeWheel(tagOf(imageOf('NODE_IMAGE')).split('-')[0] ?? ''),
  ]);
  return { ...debians, ...programs, node };
};
