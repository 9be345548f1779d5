/** What the test of docker-compose.yml takes place on: a daemon with all images, a project, a folder of runs. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { type Compose, openCompose } from './compose.js';
import { type Daemon, startDaemon } from './daemon.js';
import { installDocker, say, whyNoContainers } from './host.js';
import { provideImages, WITHOUT_STAND_IN } from './stand-ins.js';
import { buildImages, composeFile, imageOf, root } from './versions.js';

/** Whose files the runs are; no user of this machine needs to have it. */
export const UID = 4321;
export const GID = 8765;

export interface Ground {
  daemon: Daemon;
  sandbox: Sandbox;
  compose: Compose;
  /** The folder of runs, on the host and in the local worker. */
  data: string;
  /** The project's .env; not there yet. */
  envFile: string;
  /** All that can be run here: among stand-ins there is none of Grafana. */
  services(): string[];
  /** Gives all that is in the folder of runs to their user. */
  giveRuns(): void;
  /** The program on the host. */
  client(...args: string[]): ReturnType<Sandbox['run']>;
  remove(): Promise<void>;
}

const buildOurs = async (daemon: Daemon, images: Record<string, string>): Promise<void> => {
  const [arguments_, begin] = [
    buildImages.flatMap(({ variable }) =>
      images[variable] === undefined ? [] : ['--build-arg', `${variable}=${images[variable]}`],
    ),
    Date.now(),
  ];
  const { name } = imageOf('FRACTAL_TEMPORAL_IMAGE');
  await daemon.docker(['build', '--quiet', '--network', 'host', ...arguments_, '--tag', name, root]);
  say(`built ${name} in ${Math.round((Date.now() - begin) / 1_000)} s`);
};

const servicesWith = (images: Record<string, string>): string[] =>
  Object.entries(composeFile.services)
    .filter(
      ([, { image }]) =>
        Object.keys(images).length === 0 || !WITHOUT_STAND_IN.some((variable) => image.includes(variable)),
    )
    .map(([name]) => name);

/** @param temporal the program `temporal`. */
export const openGround = async (temporal: string): Promise<Ground> => {
  const why = whyNoContainers();
  if (why !== null) throw new Error(`no containers can be run here: ${why}`);
  await installDocker();
  const daemon = await startDaemon();
  const removals = [() => daemon.remove()];
  const remove = async (): Promise<void> => {
    for (const removeOne of removals) await removeOne();
  };
  try {
    const sandbox = await createSandbox(temporal);
    removals.push(() => sandbox.dispose());
    const data = await mkdtemp(join(tmpdir(), 'fractal-compose-'));
    removals.push(() => rm(data, { recursive: true, force: true }));
    execFileSync('chown', [`${UID}:${GID}`, data]);
    const envFile = join(sandbox.dir, 'compose.env');
    const images = await provideImages(daemon, temporal);
    await buildOurs(daemon, images);
    const keyRing = join(sandbox.dir, 'keys.json');
    expect(await sandbox.run(['keys', 'new', keyRing])).toMatchObject({ code: 0 });
    execFileSync('chown', [`${UID}:${GID}`, keyRing]);
    const compose = await openCompose(daemon, {
      project: `fractal-test-${process.pid}`,
      ...{ envFile, images, keyRing },
      profiles: ['local', 'metrics', 'codec'],
    });
    return {
      ...{ daemon, sandbox, compose, data, envFile, remove },
      services: () => servicesWith(images),
      giveRuns: () => {
        execFileSync('chown', ['-R', `${UID}:${GID}`, data]);
      },
      client: (...args) => sandbox.run([...args, '--address', compose.address.temporal]),
    };
  } catch (error) {
    await remove();
    throw error;
  }
};
