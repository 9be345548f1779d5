/** The events of a run as they happen (docs/events.md), wherever its directory is. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { eventLines, type FollowOptions, type ReadFrom } from '../events/read-lines.js';
import type { EventLine } from '../wire/events.js';
import { RunFileError } from './file-workers.js';
import { isEnded } from './progress.js';
import { filesOfRun, type RunFiles } from './run-files.js';
import { AFAR_EVERY_MS } from './tunables.js';

export interface EventsOptions {
  /** Goes on until the run is closed, as is the default; false: ends with what there is. */
  follow?: boolean;
  signal?: AbortSignal;
}

const NAME = 'events.jsonl';

/** Before the run is opened nobody can say where its files are; from then on they stay there. */
const readWhereverItIs = (client: Client, handle: WorkflowHandle, follow: boolean): ReadFrom => {
  let files: RunFiles | null = null;
  let askedAt = -Infinity;
  return async (offset) => {
    if (files?.here !== true && Date.now() - askedAt < AFAR_EVERY_MS) return Buffer.alloc(0);
    try {
      files = await (files ?? filesOfRun(client, handle));
      const piece = await files.piece(NAME, offset);
      // What has just grown grows on: only a silent run is asked seldom.
      if (!files.here && (piece?.length ?? 0) === 0) askedAt = Date.now();
      return piece ?? Buffer.alloc(0);
    } catch (error) {
      if (!follow || !(error instanceof RunFileError)) throw error;
      files = null;
      askedAt = Date.now();
      return Buffer.alloc(0);
    }
  };
};

/**
 * Events of a run of the server, each once and in order.
 *
 * @throws RunFileError when its files can be had nowhere; following, that is waited for as long as the run goes on.
 */
export const eventsOfRun = (
  client: Client,
  handle: WorkflowHandle,
  { follow = true, signal }: EventsOptions = {},
): AsyncGenerator<EventLine> =>
  eventLines(readWhereverItIs(client, handle, follow), {
    follow,
    ...(signal === undefined ? {} : { signal }),
    isOver: async () => isEnded((await handle.describe()).status.name),
  });

/** Events of a run whose files are known to be there. */
export const eventsFrom = (files: RunFiles, options: FollowOptions = {}): AsyncGenerator<EventLine> =>
  eventLines(async (offset) => (await files.piece(NAME, offset)) ?? Buffer.alloc(0), options);
