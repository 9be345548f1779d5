/** `events.jsonl` on this machine. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode } from '../state/errors.js';
import { eventsPath } from '../state/paths.js';
import { AT_ONCE } from '../state/read-file.js';
import type { ReadFrom } from './read-lines.js';

/** Of one read: some thousands of lines. */
const PIECE_BYTES = 1_048_576;

export const readEventsFile =
  (runDir: string): ReadFrom =>
  async (offset) => {
    try {
      const handle = await open(eventsPath(runDir), constants.O_RDONLY | AT_ONCE);
      try {
        const piece = Buffer.alloc(PIECE_BYTES);
        const { bytesRead } = await handle.read(piece, 0, piece.length, offset);
        return piece.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      // A run that waits for its worker has none yet.
      if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  };
