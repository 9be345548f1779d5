/** A connection and a client on it, with one thing to close. */
import { Client, Connection } from '@temporalio/client';
import { keylessConverter } from '../encryption/converter.js';
import { CONNECT_TIMEOUT_MS } from '../server/tunables.js';
import type { ServerTarget } from '../server/address.js';
import { noServer } from '../server/connection/no-server.js';

export interface ConnectedClient {
  client: Client;
  connection: Connection;
  close(): Promise<void>;
}

/**
 * Connects to a server (`resolveTarget` of the server module, or an address of your own).
 *
 * @throws NoServer when it does not answer.
 */
export const connectClient = async (
  target: Pick<ServerTarget, 'connection' | 'namespace'> & Partial<Pick<ServerTarget, 'dataConverter'>>,
): Promise<ConnectedClient> => {
  let connection: Connection;
  try {
    connection = await Connection.connect({ connectTimeout: CONNECT_TIMEOUT_MS, ...target.connection });
  } catch (error) {
    throw await noServer(target.connection, error);
  }
  const { namespace, dataConverter = keylessConverter } = target;
  const client = new Client({ connection, namespace, dataConverter });
  return { client, connection, close: () => connection.close() };
};
