/** Which server a command uses, and what starts when there is none (docs/server.md, "Which server"). */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { defaultWorkflowId } from '../client/index.js';
import {
  embeddedTarget,
  givenTarget,
  NoServer,
  resolveTarget,
  type ServerTarget,
} from '../server/address.js';
import { findUpServer } from '../server/up-server.js';
import { identityPath, runnerDir } from '../state/paths.js';
import type { Io, ServerOptions } from './io.js';

/** Folder of a private server: its database lies beside the run's own files. */
export const privateHome = (runDir: string): string => runnerDir(runDir);

/** Did a private server work on the run of this directory? Then its history is there and nowhere else. */
export const hasPrivateServer = (runDir: string): boolean =>
  existsSync(join(privateHome(runDir), 'temporal.db'));

/** A server that is there already: given, or of a running `up`. null: a private one is to be started. */
export const existingTarget = async (
  io: Io,
  options: ServerOptions,
  runDir: string | null,
): Promise<ServerTarget | null> => {
  if (runDir !== null && hasPrivateServer(runDir) && givenTarget(options, io.env) === null) {
    const live = await findUpServer(privateHome(runDir));
    if (live === null) return null;
    return embeddedTarget(
      { address: live.address, uiAddress: live.ui_address, namespace: live.namespace },
      'private',
      privateHome(runDir),
    );
  }
  return resolveTarget(options, io.env);
};

const NOWHERE =
  'There is no Temporal server: no address is given (--address, TEMPORAL_ADDRESS, a profile), and no ' +
  '`fractal-temporal up` is running. Start one with `fractal-temporal up`.';

/**
 * As `existingTarget`, for commands that start nothing.
 *
 * @throws NoServer when there is none.
 */
export const requireTarget = async (
  io: Io,
  options: ServerOptions,
  runDir: string | null = null,
): Promise<ServerTarget> => {
  const target = await existingTarget(io, options, runDir);
  if (target !== null) return target;
  if (runDir === null || !hasPrivateServer(runDir)) throw new NoServer(NOWHERE);
  throw new NoServer(
    `The private server of the run in ${runDir} is not running; \`fractal-temporal run\` goes on with it.`,
  );
};

export interface NamedRun {
  workflowId: string;
  /** Known when the run was named by its directory. */
  runDir: string | null;
}

/** A run by its workflow id, or by its directory (anything with a slash in it). */
export const nameRun = async (id: string): Promise<NamedRun> => {
  if (!id.includes('/')) return { workflowId: id, runDir: null };
  const runDir = resolve(id);
  const identity = await readFile(identityPath(runDir), 'utf8').catch(() => null);
  const known = identity === null ? null : (JSON.parse(identity) as { workflow_id?: unknown }).workflow_id;
  return { workflowId: typeof known === 'string' ? known : defaultWorkflowId(runDir), runDir };
};
