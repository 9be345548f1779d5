/** What tells a server's namespace from every other's. */
import type { Connection } from '@temporalio/client';

/**
 * A namespace's id lives in the server's database: the same after a restart on another port, and no other server's.
 * A server that does not tell it is told by the address.
 */
export const namespaceId = async (
  { workflowService }: Pick<Connection, 'workflowService'>,
  namespace: string,
  address: string | null,
): Promise<string> => {
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  return namespaceInfo?.id || encodeURIComponent(`${address ?? ''} ${namespace}`);
};
