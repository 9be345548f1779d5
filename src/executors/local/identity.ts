import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { createExclusive, readIfThere } from '../../state/files.js';
import { WrongWorker, type BatchNames } from '../contract.js';

/** Who may touch a local batch: the user who started it, on the host where it runs. */
export interface Identity {
  host: string;
  user: string;
  /** Another one: the host has been started anew since, so nothing from before runs. */
  bootId: string;
}

/** @param host default: this host's name. */
export const readIdentity = async (host: string = hostname()): Promise<Identity> => ({
  host,
  user: userInfo().username,
  bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
});

/** Puts on record that this worker is about to start the batch; false when somebody has said so before. */
export const writeIntent = (batch: BatchNames, { host, user, bootId }: Identity): Promise<boolean> =>
  createExclusive(batch.paths.intent, `${JSON.stringify({ host, user, boot_id: bootId })}\n`);

/**
 * The identity under which the batch was first submitted; null when it never was.
 *
 * @throws WrongWorker when that was another host or user.
 */
export const readIntent = async (batch: BatchNames, { host, user }: Identity): Promise<Identity | null> => {
  const text = await readIfThere(batch.paths.intent);
  if (text === null) return null;
  const intent = JSON.parse(text) as { host: string; user: string; boot_id: string };
  if (intent.host !== host || intent.user !== user) {
    throw new WrongWorker(
      `batch ${batch.key} belongs to ${intent.user} on host ${intent.host}; this worker is ${user} on ${host}. ` +
        'Start the local worker there, or give each host and user a task queue of its own.',
    );
  }
  return { host: intent.host, user: intent.user, bootId: intent.boot_id };
};
