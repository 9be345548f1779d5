/** Which server a command talks to (docs/server.md, "Which server"). */
import { resolve } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ServerPlace } from '../state/identity.js';
import { stateFolder, type Environment } from './folders.js';
import { probe } from './probe.js';
import { CONNECT_TIMEOUT_MS } from './tunables.js';
import { findUpServer } from './up-server.js';

export interface AddressFlags {
  address?: string;
  namespace?: string;
  /** Name of a profile in temporal.toml. */
  profile?: string;
}

type ServerConnection = Pick<ConnectionOptions & NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'> & {
  address: string;
  grpcCompression?: { readonly codec: 'none' };
};

export interface ServerTarget {
  /** Fits clients and workers. */
  connection: ServerConnection;
  namespace: string;
  /** Base address of the Web UI where known. */
  uiAddress: string | null;
  /** `given`: by flag, environment or profile; `up`: of a running `up`; `private`: for the time of one run. */
  origin: 'given' | 'up' | 'private';
  /** State folder of an embedded server; null for others. */
  home: string | null;
}

/** How a worker on this target tells later commands where its runs are held. */
export const placeOf = ({ connection, origin, home }: ServerTarget): ServerPlace => ({
  address: connection.address,
  kind: origin,
  home: origin === 'up' && home !== null ? resolve(home) : null,
});

/** No server answers; nothing is started in its place. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
}

const DEFAULT_NAMESPACE = 'default';

/** Compression costs 20-30 % of the throughput where there is no network between (seen on loopback). */
const uncompressed = { grpcCompression: { codec: 'none' } } as const;

const isLoopback = (address: string): boolean => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(address);

/** Target of an embedded server, `up`'s or a private one. */
export const embeddedTarget = (
  server: { address: string; uiAddress: string; namespace: string },
  origin: 'up' | 'private',
  home: string,
): ServerTarget => ({
  connection: { address: server.address, ...uncompressed },
  namespace: server.namespace,
  uiAddress: server.uiAddress,
  origin,
  home,
});

/** @temporalio/envconfig trips over a file without any profile, an empty one for example: that file says nothing. */
const readProfile = (
  name: string | undefined,
  overrideEnvVars: Record<string, string>,
): ReturnType<typeof loadClientConfigProfile> => {
  try {
    return loadClientConfigProfile({ overrideEnvVars, ...(name && { profile: name }) });
  } catch (error) {
    if (!(error instanceof TypeError) || name) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Temporal's configuration file (TEMPORAL_CONFIG_FILE or temporal.toml): ${why}`, {
        cause: error,
      });
    }
    return loadClientConfigProfile({ overrideEnvVars, disableFile: true });
  }
};

/**
 * The server that flags, TEMPORAL_* variables or a profile of temporal.toml give (TLS and API key included), or
 * null when none of them names an address. It is not asked whether it answers.
 *
 * @throws Error when the named profile or the file cannot be read.
 */
export const givenTarget = (flags: AddressFlags, env: Environment = process.env): ServerTarget | null => {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const profile = readProfile(flags.profile, overrideEnvVars);
  const address = flags.address ?? profile.address;
  if (address === undefined || address === '') return null;
  const { connectionOptions, namespace } = toClientOptions({ ...profile, address });
  return {
    connection: {
      ...(connectionOptions as ServerConnection),
      address,
      ...(isLoopback(address) && uncompressed),
    },
    namespace: flags.namespace ?? namespace ?? DEFAULT_NAMESPACE,
    uiAddress: null,
    origin: 'given',
    home: null,
  };
};

/**
 * The server to use: the given one, else that of a running `up`, else null (the caller may start a private one).
 *
 * @throws NoServer when one was given and does not answer.
 */
export const resolveTarget = async (
  flags: AddressFlags,
  env: Environment = process.env,
): Promise<ServerTarget | null> => {
  const given = givenTarget(flags, env);
  if (given !== null) {
    const problem = await probe(given.connection, given.namespace, CONNECT_TIMEOUT_MS);
    if (problem !== null)
      throw new NoServer(`No Temporal server answers at ${given.connection.address}: ${problem}`);
    return given;
  }
  const home = stateFolder(env);
  const up = await findUpServer(home);
  if (up === null) return null;
  const target = embeddedTarget(
    { address: up.address, uiAddress: up.ui_address, namespace: up.namespace },
    'up',
    home,
  );
  return { ...target, namespace: flags.namespace ?? target.namespace };
};
