/** How long a server keeps the history of a run that has ended. */
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { CONNECT_TIMEOUT_MS, RETENTION_DAYS } from './tunables.js';

const RETENTION_MS = RETENTION_DAYS * 24 * 3_600_000;

/**
 * Raises the namespace's retention to RETENTION_DAYS; one that is longer already stays. `start-dev` makes its namespace
 * with 24 h, and has no option for it: a run that ended on Friday evening would be gone on Monday. Holds for runs that
 * end from two seconds later on (the server reads its namespaces that often). Resolves to null, or to the reason why not.
 */
export const keepRunsForWeeks = async (
  options: ConnectionOptions,
  namespace: string,
): Promise<string | null> => {
  const connection = Connection.lazy(options);
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, async () => {
      const { config } = await connection.workflowService.describeNamespace({ namespace });
      if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000 >= RETENTION_MS) return;
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) },
      });
    });
    return null;
  } catch (error) {
    return `retention of ${namespace}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await connection.close();
  }
};
