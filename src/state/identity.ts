/** `run.json`: whose directory this is, and which server holds the run (docs/files.md). */
import { hostname } from 'node:os';
import { errorCode, StorageFailed } from './errors.js';
import { readIfThere } from './files.js';
import { identityPath } from './paths.js';

/** The Temporal server that holds a run: as its worker knows it, so that clients in any language have it recorded. */
export interface RunServer {
  /** Id of its namespace: it lives in the server's database, and no other server has it. */
  id: string;
  namespace: string;
  /** As the worker reached it; null where the worker was not told. The port of an `up` may change. */
  address: string | null;
  /** `private`: of one `run`, its database lies beside this file; `up`: of a `fractal-temporal up`; `given`: any other. */
  kind: 'given' | 'up' | 'private';
  /** State folder of an `up`, on `host`; null for others. */
  home: string | null;
  /** Host of the worker that wrote this. */
  host: string;
}

/** What the file says; null where an older or damaged one says nothing. */
export interface RunIdentity {
  /** Of the run's own files (format.ts); absent from those of 0.1, which is 1. */
  format: number | null;
  uuid: string | null;
  workflow_id: string | null;
  /** SHA-256 of the request's canonical JSON. */
  request_digest: string | null;
  server: RunServer | null;
}

/** Where a server is found again. */
export type ServerPlace = Pick<RunServer, 'address' | 'kind' | 'home'>;

export const runServer = (id: string, namespace: string, place: ServerPlace): RunServer => ({
  ...{ id, namespace, address: place.address, kind: place.kind, home: place.home },
  host: hostname(),
});

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const kinds: readonly unknown[] = ['given', 'up', 'private'] satisfies RunServer['kind'][];

const serverOf = (value: unknown): RunServer | null => {
  if (typeof value !== 'object' || value === null) return null;
  const { id, kind, namespace, address, home, host } = value as Record<string, unknown>;
  if (text(id) === null || !kinds.includes(kind)) return null;
  return {
    id: id as string,
    kind: kind as RunServer['kind'],
    namespace: text(namespace) ?? 'default',
    ...{ address: text(address), home: text(home), host: text(host) ?? 'unknown' },
  };
};

/** The identity that a text holds; all null when it holds none. */
export const parseIdentity = (content: string): RunIdentity => {
  let value: unknown = null;
  try {
    value = JSON.parse(content);
  } catch {
    // Damaged: it still says that the directory is somebody's.
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { format } = fields;
  return {
    format: typeof format === 'number' ? format : null,
    uuid: text(fields['uuid']),
    workflow_id: text(fields['workflow_id']),
    request_digest: text(fields['request_digest']),
    server: serverOf(fields['server']),
  };
};

/**
 * Whose directory it is; null when no run has claimed it.
 *
 * @throws StorageFailed when that cannot be told.
 */
export const readIdentity = async (runDir: string): Promise<RunIdentity | null> => {
  try {
    const content = await readIfThere(identityPath(runDir));
    return content === null ? null : parseIdentity(content);
  } catch (error) {
    // A part of the path is a file: no directory, so nobody's.
    if (error instanceof StorageFailed && errorCode(error.cause) === 'ENOTDIR') return null;
    throw error;
  }
};

/** A server in words, and what to do to reach it. */
export const describeServer = ({ kind, home, host, address, namespace }: RunServer): string => {
  if (kind === 'private')
    return 'the private server of its own `fractal-temporal run`; run it without --address';
  if (kind === 'up' && home !== null)
    return `the server of \`up\` (home ${home} on host ${host}); start it: FRACTAL_TEMPORAL_HOME=${home} fractal-temporal up`;
  const where = address === null ? 'a server' : `the server at ${address}`;
  return `${where} (namespace ${namespace}); give it with --address`;
};
