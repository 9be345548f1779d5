/** The claim of a run's directory: the first run to create `run.json` has it, and says which server holds it. */
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, StorageFailed } from '../../state/errors.js';
import { createExclusive } from '../../state/files.js';
import { checkFormat, STATE_FORMAT } from '../../state/format.js';
import { describeServer, readIdentity, type RunIdentity, type RunServer } from '../../state/identity.js';
import {
  continuedPath,
  identityPath,
  imagesPath,
  planPath,
  recordPath,
  requestPath,
  resultPath,
  takenPath,
} from '../../state/paths.js';
import type { OpenRunInput } from '../../wire/activities.js';
import { InvalidRequest } from '../errors.js';
import { digestOfRequest } from './request-files.js';

export interface Claim {
  dir: string;
  /** JSON Pointer of the directory in the request. */
  pointer: string;
  input: OpenRunInput;
  /** The server of this worker; null when it was not told. */
  server: RunServer | null;
}

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StorageFailed(path, 'cannot look at', error);
  }
};

const hasPlans = async (dir: string): Promise<boolean> => {
  const plans = dirname(planPath(dir, 0, 'first'));
  try {
    return (await readdir(plans)).length > 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StorageFailed(plans, 'cannot look at', error);
  }
};

/**
 * A claim left by an earlier run of this very id that was never opened (its storage failed, it was terminated): the
 * server lets one run of an id go on at a time, and a run without a plan and a result has run nothing.
 */
const isAbandoned = async (
  owner: RunIdentity,
  { dir, input: { workflow_id }, server }: Claim,
): Promise<boolean> =>
  owner.workflow_id === workflow_id &&
  server !== null &&
  owner.server?.id === server.id &&
  !(await isThere(resultPath(dir))) &&
  !(await hasPlans(dir));

/** What the abandoned run wrote goes with its claim: the request may have been mended since. */
const discard = async (dir: string): Promise<void> => {
  const images = dirname(imagesPath(dir, 0));
  try {
    const records = dirname(recordPath(dir, 0));
    const taken = [continuedPath(dir), dirname(takenPath(dir, 0, '', '')), records];
    for (const path of [images, ...taken, requestPath(dir), identityPath(dir)])
      await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw new StorageFailed(dir, 'cannot remove what an unopened run left in', error);
  }
};

/** The file went away between two looks. */
const nobody: RunIdentity = {
  ...{ format: null, uuid: null, workflow_id: null, request_digest: null, server: null },
};

const EARLIER =
  'an earlier run of the same id: it has ended, was deleted from the server, or began after the backup that the server was restored from';

const usedBy = (owner: RunIdentity, { dir, input, server }: Claim): string => {
  const whose = owner.workflow_id === null ? 'another run' : `run ${owner.workflow_id}`;
  let why = '';
  if (owner.server !== null && owner.server.id !== server?.id)
    why = `, which belongs to ${describeServer(owner.server)}`;
  else if (owner.workflow_id === input.workflow_id) why = `, ${EARLIER}`;
  return `${dir}, used by ${whose}${why} (see ${identityPath(dir)})`;
};

/**
 * Claims the directory for a run; a repeated attempt of the same run has it already.
 *
 * @throws InvalidRequest when another run has it, StorageFailed while the storage fails.
 */
export const claimRunDir = async (claim: Claim): Promise<void> => {
  const { dir, pointer, input, server } = claim;
  const { uuid, workflow_id } = input;
  const identity: RunIdentity = {
    format: STATE_FORMAT,
    uuid,
    workflow_id,
    request_digest: digestOfRequest(input.request),
    server,
  };
  const text = `${JSON.stringify(identity)}\n`;
  const takes = (): Promise<boolean> => createExclusive(identityPath(dir), text);
  if (await takes()) return;
  let owner = await readIdentity(dir);
  checkFormat(dir, owner);
  if (owner !== null && owner.uuid !== uuid && (await isAbandoned(owner, claim))) {
    await discard(dir);
    if (await takes()) return;
    owner = await readIdentity(dir);
  }
  if (owner?.uuid === uuid) return;
  const expected = 'a folder that no other run has used';
  throw new InvalidRequest([{ path: pointer, expected, got: usedBy(owner ?? nobody, claim) }]);
};
