/** Which server a command uses, and what starts when there is none (docs/server.md, "Which server"). */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { connectClient } from '../client/index.js';
import { findRunOf } from '../report/runs.js';
import { dataConverterOf } from '../encryption/options.js';
import { embeddedTarget, givenTarget, resolveTarget, type ServerTarget } from '../server/address.js';
import { NoServer } from '../server/connection/no-server.js';
import { namespaceId } from '../server/namespace-id.js';
import { findPrivateServer, findUpServer } from '../server/up-server.js';
import { describeServer, readIdentity, type RunServer } from '../state/identity.js';
import { identityPath, runnerDir } from '../state/paths.js';
import { OtherServer, UsageError } from './exit-codes.js';
import type { Io, ServerOptions } from './io.js';

/** Folder of a private server: its database lies beside the run's own files. */
export const privateHome = (runDir: string): string => runnerDir(runDir);

const livingAt = async (
  home: string,
  origin: 'up' | 'private',
  dataConverter: DataConverter,
): Promise<ServerTarget | null> => {
  const live = await (origin === 'private' ? findPrivateServer : findUpServer)(home);
  if (live === null) return null;
  const { address, ui_address: uiAddress, namespace } = live;
  return embeddedTarget({ address, uiAddress, namespace }, origin, home, dataConverter);
};

/** Is it the server that holds the run? Its database says so, not its address: ports change and are used again. */
const holds = async (target: ServerTarget, owner: RunServer): Promise<boolean> => {
  const { client, close } = await connectClient(target);
  try {
    return (await namespaceId(client, target.namespace, target.connection.address)) === owner.id;
  } finally {
    await close();
  }
};

const belongs = (runDir: string, owner: RunServer): string =>
  `The run in ${runDir} belongs to ${describeServer(owner)} (see ${identityPath(runDir)}).`;

const privateOf = async (
  runDir: string,
  owner: RunServer,
  dataConverter: DataConverter,
): Promise<ServerTarget | null> => {
  const home = privateHome(runDir);
  const live = await livingAt(home, 'private', dataConverter);
  if (live === null ? existsSync(join(home, 'temporal.db')) : await holds(live, owner)) return live;
  throw new NoServer(
    `The run in ${runDir} had a private server, and its database ${join(home, 'temporal.db')} was removed or ` +
      'replaced: nobody can go on with it. What it has done lies there; a new run needs another directory.',
  );
};

/** The server that `run.json` names: the one that any command finds, else the `up` at the recorded place. */
const ownerTarget = async (
  io: Io,
  options: ServerOptions,
  runDir: string,
  owner: RunServer,
): Promise<ServerTarget> => {
  const usual = await resolveTarget(options, io.env);
  if (usual !== null && (await holds(usual, owner))) return usual;
  const recorded =
    owner.home === null ? null : await livingAt(owner.home, 'up', dataConverterOf(options, io.env));
  if (recorded === null) throw new NoServer(belongs(runDir, owner));
  if (await holds(recorded, owner)) return recorded;
  throw new NoServer(
    `${belongs(runDir, owner)} It is running, but its database is another one: the old was removed or replaced.`,
  );
};

/**
 * The server that holds the run of a directory, or that is to hold it when no run has claimed the directory yet;
 * null: its private one, which is not running. That a server has once left a database there makes it no owner.
 *
 * @throws NoServer when the run's server is not there, OtherServer when the given one does not hold it.
 */
export const targetOfRun = async (
  io: Io,
  options: ServerOptions,
  runDir: string,
): Promise<ServerTarget | null> => {
  const owner = (await readIdentity(runDir))?.server ?? null;
  if (givenTarget(options, io.env) !== null) {
    const given = await resolveTarget(options, io.env);
    if (given === null || owner === null || (await holds(given, owner))) return given;
    const asked = `${given.connection.address} (namespace ${given.namespace})`;
    throw new OtherServer(`${belongs(runDir, owner)} The server at ${asked} does not hold it.`);
  }
  const dataConverter = dataConverterOf(options, io.env);
  // One that is just starting the run of this directory goes first.
  if (owner === null)
    return (await livingAt(privateHome(runDir), 'private', dataConverter)) ?? resolveTarget(options, io.env);
  return owner.kind === 'private'
    ? privateOf(runDir, owner, dataConverter)
    : ownerTarget(io, options, runDir, owner);
};

const NOWHERE =
  'There is no Temporal server: no address is given (--address, TEMPORAL_ADDRESS, a profile), and no ' +
  '`fractal-temporal up` is running. Start one with `fractal-temporal up`.';

/**
 * The server for commands that start none and name no directory.
 *
 * @throws NoServer when there is none.
 */
export const requireTarget = async (io: Io, options: ServerOptions): Promise<ServerTarget> => {
  const target = await resolveTarget(options, io.env);
  if (target === null) throw new NoServer(NOWHERE);
  return target;
};

/**
 * As `targetOfRun`, for commands that start no server.
 *
 * @throws NoServer, OtherServer.
 */
export const requireTargetOfRun = async (
  io: Io,
  options: ServerOptions,
  runDir: string,
): Promise<ServerTarget> => {
  const target = await targetOfRun(io, options, runDir);
  if (target !== null) return target;
  const owner = (await readIdentity(runDir))?.server ?? null;
  if (owner === null) throw new NoServer(NOWHERE);
  throw new NoServer(
    `${belongs(runDir, owner)} It is not running. \`fractal-temporal run\` with the run's request starts it, and the run ` +
      'goes on; give this command from another terminal then.',
  );
};

/** By its directory: the id is null where no run has claimed it; `idOnServer` finds one that waits to be opened there. */
export type NamedRun = { workflowId: string; runDir: string | null } | { workflowId: null; runDir: string };

/** Directories without a slash that can be nobody's id. */
const HERE = ['.', '..'];

/** A run by its workflow id, or by its directory (anything with a slash in it, and whatever holds a run). */
export const nameRun = async (id: string): Promise<NamedRun> => {
  const runDir = resolve(id);
  const identity = await readIdentity(runDir);
  if (identity === null && !id.includes('/') && !HERE.includes(id)) return { workflowId: id, runDir: null };
  return { workflowId: identity?.workflow_id ?? null, runDir };
};

/**
 * The id of a named run; that of a directory which no worker has opened yet is looked for among the server's runs.
 *
 * @throws UsageError when there is none.
 */
export const idOnServer = async (client: Client, named: NamedRun): Promise<string> => {
  if (named.workflowId !== null) return named.workflowId;
  const { runDir } = named;
  const found = await findRunOf(client, runDir);
  if (found === null)
    throw new UsageError(`${runDir} holds no run, and the server has none that waits for it.`);
  return found;
};
