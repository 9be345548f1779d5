/** Does a Temporal server answer? */
import { Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import { PROBE_TIMEOUT_MS } from './tunables.js';

/** gRPC's status code. */
const DEADLINE_EXCEEDED = 4;

/**
 * Asks the server at `options.address` for a namespace; resolves to null when it answered, else to what was thrown, or
 * to a text when it was silent. Never takes longer than `timeoutMs` by much.
 */
export const probeError = async (
  options: ConnectionOptions,
  namespace: string,
  timeoutMs: number = PROBE_TIMEOUT_MS,
): Promise<Error | string | null> => {
  const connection = Connection.lazy(options);
  try {
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return null;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === DEADLINE_EXCEEDED) {
      return `no answer within ${timeoutMs / 1_000} s`;
    }
    return error instanceof Error ? error : String(error);
  } finally {
    await connection.close();
  }
};

/** As `probeError`, in words. */
export const probe = async (...args: Parameters<typeof probeError>): Promise<string | null> => {
  const problem = await probeError(...args);
  return problem instanceof Error ? problem.message : problem;
};
