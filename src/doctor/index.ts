/** Everything that runs need besides their backend, looked at one by one (docs/monitoring.md, doctor). */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Connection } from '@temporalio/client';
import type { ServerTarget } from '../server/address.js';
import { activityTaskQueue, onDemandQueue, stepsTaskQueue, WORKFLOW_TASK_QUEUE } from '../wire/names.js';
import { askClock, askNamespaces, askQueue, askRetention, askSearchAttributes, askVersion } from './ask.js';
import { problem, ok, type Finding } from './finding.js';
import {
  judgeBackends,
  judgeClock,
  judgeConnection,
  judgeDisk,
  judgeRetention,
  judgeSearchAttributes,
  judgeWorkflowQueue,
  type BackendQueues,
  type ConnectionFacts,
} from './judge.js';

export interface DoctorInput {
  connection: Connection;
  target: ServerTarget;
  version: string;
  /** Usual ones, or those that the site has named. */
  activityQueues: { backend: string; queue: string }[];
  workflowQueue: string;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const tlsOf = ({ tls }: ServerTarget['connection']): ConnectionFacts['tls'] => {
  if (tls === undefined || tls === null || tls === false) return 'none';
  return tls !== true && 'clientCertPair' in tls && tls.clientCertPair ? 'mtls' : 'tls';
};

async function* examineQueues(input: DoctorInput): AsyncGenerator<Finding> {
  const { connection, target, version } = input;
  const { namespace } = target;
  yield judgeWorkflowQueue(await askQueue(connection, namespace, input.workflowQueue, 'workflow'), version);
  const backends: BackendQueues[] = [];
  for (const { backend, queue } of input.activityQueues) {
    backends.push({
      backend,
      batches: await askQueue(connection, namespace, queue, 'activity'),
      steps: await askQueue(connection, namespace, stepsTaskQueue(queue), 'activity'),
      onDemand: (await askQueue(connection, namespace, onDemandQueue(queue), 'activity')).pollers.map(
        ({ identity }) => identity,
      ),
    });
  }
  yield* judgeBackends(backends, version);
}

/** The queues that workers poll unless they were named others. */
export const usualQueues = (
  backends: readonly string[],
  named: readonly string[],
): Pick<DoctorInput, 'activityQueues' | 'workflowQueue'> => ({
  workflowQueue: WORKFLOW_TASK_QUEUE,
  activityQueues:
    named.length > 0
      ? named.map((queue) => ({ backend: queue, queue }))
      : backends.map((backend) => ({ backend, queue: activityTaskQueue(backend) })),
});

export async function* examineServer(input: DoctorInput): AsyncGenerator<Finding> {
  const { connection, target } = input;
  const { namespace } = target;
  yield judgeConnection({
    address: target.connection.address,
    origin: target.origin,
    tls: tlsOf(target.connection),
    hasApiKey: target.connection.apiKey !== undefined,
    serverVersion: await askVersion(connection),
  });
  try {
    const retention = await askRetention(connection, namespace);
    yield ok(`namespace ${namespace}: there`);
    yield judgeRetention(namespace, retention);
  } catch (error) {
    const others = await askNamespaces(connection);
    const known = others.length === 0 ? '' : `; those there: ${others.join(', ')}`;
    yield problem(
      `namespace ${namespace}: ${wordsOf(error)}`,
      `give another --namespace${known}; or temporal operator namespace create ${namespace} --retention 720h`,
    );
    return;
  }
  yield judgeSearchAttributes(await askSearchAttributes(connection, namespace));
  yield* examineQueues(input);
  yield judgeClock(await askClock(connection, namespace));
}

/** The folder, or the nearest one above it that is there. */
const freeAt = async (folder: string): Promise<{ bavail: number; bsize: number; ffree: number }> => {
  try {
    return await statfs(folder);
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeAt(dirname(folder));
  }
};

/** @param folders by what they are for. */
export async function* examineDisks(folders: readonly [string, string][]): AsyncGenerator<Finding> {
  for (const [use, folder] of folders) {
    const { bavail, bsize, ffree } = await freeAt(resolve(folder));
    yield judgeDisk(use, folder, bavail * bsize, ffree);
  }
}
