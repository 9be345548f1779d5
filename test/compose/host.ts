/** What the test of docker-compose.yml needs of this machine. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const install = fileURLToPath(new URL('../slurm/install.sh', import.meta.url));

/** Why containers cannot be run on this machine, or null. */
export const whyNotHere = (): string | null => {
  if (process.getuid?.() !== 0) return 'a Docker daemon of its own needs root';
  if (process.arch !== 'x64') return 'the stand-ins are built for x64';
  try {
    accessSync('/usr/bin/apt-get', constants.X_OK);
    const release = readFileSync('/etc/os-release', 'utf8');
    return /^(ID|ID_LIKE)=.*debian/m.test(release) ? null : "containers are made of Debian's packages";
  } catch {
    return "containers are made of Debian's packages";
  }
};

/** Why the test runs no containers, or null. The test says it and is then not collected. */
export const whyNoContainers = (): string | null =>
  process.env['FRACTAL_TEMPORAL_COMPOSE'] === undefined ? 'only by `npm run test:compose`' : whyNotHere();

/** Docker, docker-compose and mmdebstrap; at once where they are installed. */
export const installPackages = async (): Promise<void> => {
  await execa(install, ['docker.io', 'docker-compose', 'mmdebstrap'], {
    stdin: 'ignore',
    stdout: 2,
    stderr: 2,
  });
};

/** Debian's, which fits Debian's daemon, where another one comes first on the path. */
export const DOCKER = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

export const say = (line: string): void => {
  process.stderr.write(`[compose] ${line}\n`);
};
