/** docker-compose on this repository's file, in a project and with ports of the test's own. */
import { execa } from 'execa';
import getPort from 'get-port';
import { join } from 'node:path';
import { until } from '../support/until.js';
import type { Daemon } from './daemon.js';
import { root } from './versions.js';

/** A server that starts anew on a busy machine, with its checks every some seconds. */
const HEALTHY_PATIENCE_MS = 300_000;

export interface Container {
  service: string;
  state: { Status: string; ExitCode: number; Health?: { Status: string } };
  /** Addresses on which ports are published. */
  published: string[];
}

export interface Compose {
  project: string;
  /** Where its ports are on this machine, `127.0.0.1:N`. */
  address: Record<'temporal' | 'ui' | 'prometheus' | 'codec', string>;
  run(args: string[]): Promise<{ exitCode: number; output: string }>;
  /** @throws Error with what it said when it fails. */
  must(args: string[]): Promise<string>;
  /** Its standard output alone, for a file or a pipe; as `must`. */
  pipe(args: string[], input?: string): Promise<string>;
  containers(): Promise<Container[]>;
  /** One-shots have ended well, all others run, and are healthy where they can tell. */
  untilHealthy(): Promise<void>;
  logs(service: string): Promise<string>;
  /** Names of containers, volumes and networks that belong to the project. */
  traces(): Promise<string[]>;
}

interface Inspected {
  Name: string;
  State: Container['state'];
  Config: { Labels: Record<string, string> };
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
}

const isWell = ({ state }: Container): boolean =>
  state.Status === 'exited'
    ? state.ExitCode === 0
    : state.Status === 'running' && (state.Health?.Status ?? 'healthy') === 'healthy';

/** @param images variables that name stand-ins. */
export const openCompose = async (
  daemon: Daemon,
  options: {
    project: string;
    envFile: string;
    images: Record<string, string>;
    profiles: string[];
    keyRing: string;
  },
): Promise<Compose> => {
  const { project, envFile, images, profiles, keyRing } = options;
  const ports = {
    TEMPORAL_PORT: String(await getPort()),
    TEMPORAL_UI_PORT: String(await getPort()),
    PROMETHEUS_PORT: String(await getPort()),
    CODEC_PORT: String(await getPort()),
  };
  const env = {
    ...daemon.env,
    ...images,
    ...ports,
    ...{ TEMPORAL_LOG_LEVEL: 'info', FRACTAL_KEY_RING: keyRing },
    // Its `exec` starts the first `docker` of the path: Debian's (host.ts).
    PATH: `/usr/bin:${process.env['PATH'] ?? ''}`,
  };
  const fixed = ['-f', join(root, 'docker-compose.yml'), '--env-file', envFile, '-p', project];
  const words = [...fixed, ...profiles.flatMap((name) => ['--profile', name])];

  const run: Compose['run'] = async (args) => {
    const { exitCode, all } = await execa('docker-compose', [...words, ...args], {
      ...{ cwd: root, env, stdin: 'ignore', all: true, reject: false },
    });
    return { exitCode: exitCode ?? -1, output: all };
  };
  const must: Compose['must'] = async (args) => {
    const { exitCode, output } = await run(args);
    if (exitCode !== 0) throw new Error(`docker-compose ${args.join(' ')}: ${exitCode}\n${output}`);
    return output;
  };
  const pipe: Compose['pipe'] = async (args, input = '') =>
    (await execa('docker-compose', [...words, ...args], { cwd: root, env, input, maxBuffer: 1e9 })).stdout;
  const mine = `label=com.docker.compose.project=${project}`;
  const listed = async (args: string[]): Promise<string[]> =>
    (await daemon.docker([...args, '--quiet', '--filter', mine])).split('\n').filter((line) => line !== '');

  const containers: Compose['containers'] = async () => {
    const ids = await listed(['ps', '--all']);
    if (ids.length === 0) return [];
    const inspected = JSON.parse(await daemon.docker(['inspect', ...ids])) as Inspected[];
    return inspected.map(({ State, Config, NetworkSettings }) => ({
      service: Config.Labels['com.docker.compose.service'] ?? '',
      state: State,
      published: Object.values(NetworkSettings.Ports).flatMap((bindings) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
      ),
    }));
  };
  return {
    address: {
      temporal: `127.0.0.1:${ports.TEMPORAL_PORT}`,
      ui: `127.0.0.1:${ports.TEMPORAL_UI_PORT}`,
      prometheus: `127.0.0.1:${ports.PROMETHEUS_PORT}`,
      codec: `127.0.0.1:${ports.CODEC_PORT}`,
    },
    project,
    run,
    must,
    pipe,
    containers,
    untilHealthy: async () => {
      let seen: Container[] = [];
      try {
        await until(
          'healthy containers',
          async () => {
            seen = await containers();
            return seen.length > 0 && seen.every(isWell);
          },
          HEALTHY_PATIENCE_MS,
        );
      } catch (error) {
        const ill = seen.filter((container) => !isWell(container));
        const logs = await Promise.all(ill.map(({ service }) => run(['logs', '--tail=30', service])));
        throw new Error(`${JSON.stringify(ill, null, 1)}\n${logs.map(({ output }) => output).join('\n')}`, {
          cause: error,
        });
      }
    },
    logs: (service) => must(['logs', '--no-color', service]),
    traces: async () => [
      ...(await listed(['ps', '--all'])),
      ...(await listed(['volume', 'ls'])),
      ...(await listed(['network', 'ls'])),
    ],
  };
};
