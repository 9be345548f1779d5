/** The error of a server that cannot be used, with the cause that was found. */
import { isGrpcServiceError } from '@temporalio/client';
import type { Environment } from '../folders.js';
import { type DiagnosedConnection, diagnose, surelyAway } from './diagnose.js';
import { wordsOf } from './errors.js';

/** No server answers; nothing is started in its place. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
}

/** gRPC's status codes of a server that answers, and says no. */
const refusals: Record<number, string> = {
  5: 'does not have what was asked for',
  7: 'does not permit this',
  16: 'refuses: the API key (TEMPORAL_API_KEY, api_key of a profile) or the certificate is missing, wrong or has expired',
};

/** What a server says that answers and refuses; null for any other error. The SDK's own failure to connect hides it in its cause. */
export const refusalOf = (error: unknown): string | null => {
  if (!isGrpcServiceError(error))
    return error instanceof Error && error.cause !== undefined ? refusalOf(error.cause) : null;
  const words = refusals[error.code];
  return words === undefined ? null : `${words} (${error.details || error.message})`;
};

/** The TypeScript SDK's client goes through such a proxy; the look at the port does not. */
const throughProxy = (env: Environment = process.env): string => {
  const name = ['grpc_proxy', 'https_proxy', 'http_proxy'].find((variable) => env[variable]);
  return name === undefined ? '' : ` (seen without the proxy of ${name}, which a client uses)`;
};

/** Without waiting for a time-out; not through a proxy, at which this does not look. */
export const nobodyThere = async (
  connection: DiagnosedConnection,
  env: Environment,
): Promise<NoServer | null> => {
  const why = throughProxy(env) === '' ? await surelyAway(connection) : null;
  return why === null ? null : new NoServer(`No Temporal server answers at ${connection.address}: ${why}`);
};

/** Looks for the cause (some seconds at most), and tells it with the address. */
export const noServer = async (connection: DiagnosedConnection, error: unknown): Promise<NoServer> => {
  const { address } = connection;
  const refusal = refusalOf(error);
  if (refusal !== null) return new NoServer(`The Temporal server at ${address} ${refusal}`);
  const words = typeof error === 'string' ? error : wordsOf(error);
  const cause = await diagnose(connection);
  return new NoServer(
    `No Temporal server answers at ${address}: ${cause === null ? words : `${cause}${throughProxy()}`}`,
  );
};
