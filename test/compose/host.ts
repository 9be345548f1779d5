/** What the test of docker-compose.yml needs of this machine. */
import { existsSync } from 'node:fs';
import { installPackages, whyNoPackages } from '../support/debian.js';

/** Why containers cannot be run on this machine, or null. */
export const whyNoContainers = (): string | null =>
  process.arch === 'x64' ? whyNoPackages() : 'the stand-ins are built for x64';

/** Docker, docker-compose and mmdebstrap; at once where they are installed. */
export const installDocker = (): Promise<void> =>
  installPackages(['docker.io', 'docker-compose', 'mmdebstrap']);

/** Debian's, which fits Debian's daemon, where another one comes first on the path. */
export const DOCKER = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

export const say = (line: string): void => {
  process.stderr.write(`[compose] ${line}\n`);
};
