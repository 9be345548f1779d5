/** A Docker daemon of the test's own: folder, socket and address range; ended by its process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { tieToThisProcess } from '../../src/server/tie.js';
import { until } from '../support/until.js';
import { DOCKER } from './host.js';
import { kill } from '../support/kill.js';

/** Ours is not to take the networks of a Docker that runs here already. */
const ADDRESS_POOL = 'base=10.231.0.0/16,size=28';
const START_PATIENCE_MS = 120_000;

export interface Daemon {
  dir: string;
  /** For `docker` and `docker-compose`. */
  env: { DOCKER_HOST: string; DOCKER_CONFIG: string };
  docker(args: string[]): Promise<string>;
  /** Daemon, containerd, their helpers and every process of every container, with SIGKILL, as when the power fails. */
  killEverything(): Promise<void>;
  /** After killEverything: containers come back as their restart policy says. */
  startAgain(): Promise<void>;
  /** Ends it and removes all that it had. */
  remove(): Promise<void>;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

interface Process {
  pid: number;
  parent: number;
  words: string[];
}

const processes = (): Process[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [
        {
          pid: Number(name),
          parent: Number(parent),
          words: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0'),
        },
      ];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });

/** The daemon, what names its folder (containerd and its shims are not all children of it), and all below them. */
const familyOf = (daemon: number, dir: string): number[] => {
  const all = processes();
  const family = new Set(
    all
      .filter(
        ({ pid, words }) =>
          pid === daemon ||
          (/\/(containerd|docker-proxy)/.test(words[0] ?? '') && words.some((word) => word.includes(dir))),
      )
      .map(({ pid }) => pid),
  );
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return [...family];
};

const mountsBelow = (dir: string): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${dir}/`))
    .reverse();

const unmount = async (dir: string): Promise<void> => {
  for (const path of mountsBelow(dir)) await execa('umount', ['--lazy', path], { reject: false });
};

/** Starts one in a new folder. */
export const startDaemon = async (): Promise<Daemon> => {
  const dir = await mkdtemp(join(tmpdir(), 'fractal-docker-'));
  const socket = join(dir, 'docker.sock');
  const pidFile = join(dir, 'docker.pid');
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(dir, 'config') };
  await mkdir(env.DOCKER_CONFIG);
  let child: ChildProcess | null = null;

  const docker = async (args: string[]): Promise<string> => {
    const { stdout } = await execa(DOCKER, args, { env: { ...env, DOCKER_BUILDKIT: '0' }, stdin: 'ignore' });
    return stdout;
  };

  const start = async (): Promise<void> => {
    const log = openSync(join(dir, 'dockerd.log'), 'a');
    child = spawn(
      'dockerd',
      [
        ...[
          '--data-root',
          join(dir, 'data'),
          '--exec-root',
          join(dir, 'exec'),
          '--pidfile',
          pidFile,
          '--host',
          env.DOCKER_HOST,
        ],
        ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--default-address-pool', ADDRESS_POOL],
        ...['--log-level', 'warn'],
      ],
      { detached: true, stdio: ['ignore', log, log] },
    );
    closeSync(log);
    // A test that is killed leaves no containers.
    tieToThisProcess(child);
    const failed = new Promise<boolean>((_, reject) => {
      child?.once('error', reject);
      child?.once('exit', (code) => {
        reject(new Error(`dockerd ended with ${String(code)}; its log: ${join(dir, 'dockerd.log')}`));
      });
    });
    failed.catch(() => undefined);
    const answers = (): Promise<boolean> =>
      docker(['version']).then(
        () => true,
        () => false,
      );
    await until('the Docker daemon', () => Promise.race([answers(), failed]), START_PATIENCE_MS);
  };

  const killFamily = async (): Promise<void> => {
    if (child?.pid === undefined) return;
    const { pid } = child;
    // The supervisor first: nothing is to be put in order while the rest dies. What is born meanwhile dies in the next round.
    await until('the end of every process of the daemon', () => {
      const family = familyOf(pid, dir).filter(isAlive);
      for (const member of family) kill(member);
      return family.length === 0;
    });
    child = null;
  };

  const stop = async (): Promise<void> => {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
    if (child === null || pid === 0) return;
    process.kill(pid, 'SIGTERM');
    await until('the end of the Docker daemon', () => !isAlive(pid) || child?.exitCode !== null);
  };

  await start();
  return {
    dir,
    env,
    docker,
    killEverything: killFamily,
    startAgain: async () => {
      // What lies in /run is lost with the power: sockets, and process ids that others may have now.
      await unmount(join(dir, 'exec'));
      await rm(join(dir, 'exec'), { recursive: true, force: true });
      await rm(pidFile, { force: true });
      await start();
    },
    remove: async () => {
      await stop().catch(() => undefined);
      await killFamily();
      await unmount(dir);
      await rm(dir, { recursive: true, force: true });
    },
  };
};
