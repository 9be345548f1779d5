/** Which server a command talks to (docs/server.md, "Which server"). */
import { resolve } from 'node:path';
import { type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import { splitProtoHostPort } from '@temporalio/common/lib/internal-non-workflow/parse-host-uri.js';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { toClientOptions } from '@temporalio/envconfig';
import { dataConverterOf } from '../encryption/options.js';
import type { ServerPlace } from '../state/identity.js';
import { ConnectionSettingsError, noNamespace } from './connection/errors.js';
import { NoServer, noServer, nobodyThere, refusalOf } from './connection/no-server.js';
import { readProfile } from './connection/profile.js';
import { stateFolder, type Environment } from './folders.js';
import { probeError } from './probe.js';
import { CONNECT_TIMEOUT_MS } from './tunables.js';
import { findUpServer } from './up-server.js';

export interface AddressFlags {
  address?: string;
  namespace?: string;
  /** Name of a profile in temporal.toml. */
  profile?: string;
  /** File of the key ring; default FRACTAL_TEMPORAL_KEYS, else nothing is encrypted (docs/encryption.md). */
  keys?: string;
}

type ServerConnection = Pick<ConnectionOptions & NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'> & {
  address: string;
  grpcCompression?: { readonly codec: 'none' };
};

export interface ServerTarget {
  /** Fits clients and workers. */
  connection: ServerConnection;
  namespace: string;
  /** Encrypts, where a key ring is given. */
  dataConverter: DataConverter;
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

const DEFAULT_NAMESPACE = 'default';

/** gRPC's status code. */
const NOT_FOUND = 5;

/** Compression costs 20-30 % of the throughput where there is no network between (seen on loopback). */
const uncompressed = { grpcCompression: { codec: 'none' } } as const;

const checkAddress = (address: string): void => {
  const parts = splitProtoHostPort(address);
  if (parts !== undefined && parts.scheme === undefined) return;
  throw new ConnectionSettingsError(
    `The address ${JSON.stringify(address)} of the Temporal server is none: expected HOST:PORT, without http:// or ` +
      'https:// (TLS is switched on by TEMPORAL_TLS=true, or a table "tls" in a profile).',
  );
};

const isLoopback = (address: string): boolean => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(address);

/** Target of an embedded server, `up`'s or a private one. */
export const embeddedTarget = (
  server: { address: string; uiAddress: string; namespace: string },
  origin: 'up' | 'private',
  home: string,
  dataConverter: DataConverter,
): ServerTarget => ({
  connection: { address: server.address, ...uncompressed },
  namespace: server.namespace,
  dataConverter,
  uiAddress: server.uiAddress,
  origin,
  home,
});

/** The SDK would send the key as it is, and say nothing. */
const refuseKeyInTheClear = (address: string): void => {
  if (isLoopback(address)) return;
  throw new ConnectionSettingsError(
    `An API key is given, and TLS is switched off (TEMPORAL_TLS=false, "disabled" in a profile): it would travel to ` +
      `${address} for anybody to read. Switch TLS on, or do without the key.`,
  );
};

/**
 * The server that flags, TEMPORAL_* variables or a profile of temporal.toml give (TLS and API key included), or
 * null when none of them names an address. It is not asked whether it answers.
 *
 * @throws ConnectionSettingsError for what is wrong in variables, profile and TLS files, KeyRingError for the key ring.
 */
export const givenTarget = (flags: AddressFlags, env: Environment = process.env): ServerTarget | null => {
  const profile = readProfile(flags.profile, env);
  const address = flags.address ?? profile.address;
  if (address === undefined || address === '') return null;
  checkAddress(address);
  const { connectionOptions, namespace } = toClientOptions({ ...profile, address });
  if (profile.apiKey !== undefined && connectionOptions.tls === false) refuseKeyInTheClear(address);
  return {
    connection: {
      ...(connectionOptions as ServerConnection),
      address,
      ...(isLoopback(address) && uncompressed),
    },
    namespace: flags.namespace ?? namespace ?? DEFAULT_NAMESPACE,
    dataConverter: dataConverterOf(flags, env),
    uiAddress: null,
    origin: 'given',
    home: null,
  };
};

/** Nobody has typed an address: `up` may be meant to start a server, and looks for one instead. */
const whence = (flags: AddressFlags, env: Environment): string => {
  if (flags.address !== undefined) return '';
  const named = env['TEMPORAL_ADDRESS'] ? 'TEMPORAL_ADDRESS names it' : 'A profile names it';
  return `. ${named}; where none is named, \`up\` and \`run\` start one of their own.`;
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
    const away = await nobodyThere(given.connection, env);
    if (away !== null) throw new NoServer(`${away.message}${whence(flags, env)}`);
    const problem = await probeError(given.connection, given.namespace, CONNECT_TIMEOUT_MS);
    if (isGrpcServiceError(problem) && problem.code === NOT_FOUND)
      throw new ConnectionSettingsError(noNamespace(given.namespace));
    if (problem !== null) {
      const { message } = await noServer(given.connection, problem);
      throw new NoServer(refusalOf(problem) === null ? `${message}${whence(flags, env)}` : message);
    }
    return given;
  }
  const home = stateFolder(env);
  const up = await findUpServer(home);
  if (up === null) return null;
  const target = embeddedTarget(
    { address: up.address, uiAddress: up.ui_address, namespace: up.namespace },
    'up',
    home,
    dataConverterOf(flags, env),
  );
  return { ...target, namespace: flags.namespace ?? target.namespace };
};
