import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import { z } from 'zod';
import { createExclusive, readIfThere } from '../../../state/files.js';
import { WrongWorker } from '../../../batch/errors.js';
import type { BatchNames } from '../../../batch/contract.js';
import { currentUser } from '../../user.js';

/** Who may touch a local batch: the user who started it, on the host where it runs. */
export interface Identity {
  host: string;
  user: string;
  uid: number;
  /** Another one: the host has been started anew since, so nothing from before runs. */
  bootId: string;
}

/** What the intent of a batch says. */
export interface Submission extends Pick<Identity, 'host' | 'user' | 'bootId'> {
  /** The batch's files on its host (folders.ts); null: not on record, those of the worker that asks. */
  folder: string | null;
}

/** @param host default: this host's name. */
export const readIdentity = async (host: string = hostname()): Promise<Identity> => {
  const { uid, name: user } = currentUser();
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return { host, user, uid, bootId };
};

const schema = z.object({
  host: z.string(),
  user: z.string(),
  /** From 0.2 on. A name alone is not reliable: that of a directory service that is away is its number. */
  uid: z.number().optional(),
  boot_id: z.string(),
  /** From 0.2 on: the worker may be started with another folder for its host's files. */
  folder: z.string().optional(),
});

/**
 * Puts on record that this worker is about to start the batch; false when somebody has said so before.
 *
 * @param folder of the batch's files on this host.
 */
export const writeIntent = (
  batch: BatchNames,
  { host, user, uid, bootId }: Identity,
  folder: string,
): Promise<boolean> => {
  const intent: z.output<typeof schema> = { host, user, uid, boot_id: bootId, folder };
  return createExclusive(batch.paths.intent, `${JSON.stringify(intent)}\n`);
};

/** What stands in a file that people can edit must not lead elsewhere: the folder is removed when the batch has ended. */
const isFolderOf = (key: string, folder: string | null): boolean =>
  folder !== null && isAbsolute(folder) && basename(folder) === key;

const parseIntent = (text: string): z.output<typeof schema> | null => {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/**
 * Who has submitted the batch, and where its host's files are; null when nobody has. An intent that a loss of power has
 * left empty or cut still says that somebody has: where one queue belongs to one host and user, that was here.
 *
 * @throws WrongWorker when that was another host or user, StorageFailed.
 */
export const readIntent = async (batch: BatchNames, me: Identity): Promise<Submission | null> => {
  const text = await readIfThere(batch.paths.intent);
  if (text === null) return null;
  const intent = parseIntent(text);
  if (intent === null) return { host: me.host, user: me.user, bootId: me.bootId, folder: null };
  const { host, user, uid, boot_id: bootId, folder = null } = intent;
  const isMine = host === me.host && (uid === undefined ? user === me.user : uid === me.uid);
  if (!isMine) {
    throw new WrongWorker(
      `batch ${batch.key} belongs to ${user} on host ${host}; this worker is ${me.user} on ${me.host}. ` +
        'Start the local worker there, or give each host and user a task queue of its own.',
    );
  }
  return { host, user, bootId, folder: isFolderOf(batch.key, folder) ? folder : null };
};
