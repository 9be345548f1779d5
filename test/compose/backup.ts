/** The commands of docs/docker.md, "Backup". */
import type { Compose } from './compose.js';
import type { Daemon } from './daemon.js';
import { until } from '../support/until.js';

export const BACKUP = ['exec', '-T', 'postgresql', 'pg_dumpall', '-U', 'temporal'];

/** What the dump holds, into a new volume. @param services of the last `up`. */
export const restore = async (
  daemon: Daemon,
  compose: Compose,
  dump: string,
  services: string[],
): Promise<void> => {
  await compose.must(['stop', 'workflow-worker', 'local-worker', 'temporal', 'temporal-ui']);
  await compose.must(['rm', '--stop', '--force', 'postgresql']);
  await daemon.docker(['volume', 'rm', `${compose.project}_postgresql`]);
  await compose.must(['up', '-d', 'postgresql']);
  await until('PostgreSQL is healthy', async () => {
    const containers = await compose.containers();
    return containers.some(
      ({ service, state }) => service === 'postgresql' && state.Health?.Status === 'healthy',
    );
  });
  await compose.pipe(['exec', '-T', 'postgresql', 'psql', '-q', '-U', 'temporal', '-d', 'postgres'], dump);
  await compose.must(['up', '-d', ...services]);
};
