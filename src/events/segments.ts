/**
 * What is in a run's events is decided here: numbered files in `.runner/events/`, each created exclusively and whole, one
 * after the other. Whoever wants to add something must have read all before it, or finds the next number taken; so no two
 * writers, wherever they are and however late, tell the same thing twice or in another order. `events.jsonl` is the
 * segments one after the other (src/events/public-file.ts).
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, StorageFailed } from '../state/errors.js';
import { createExclusive, readBytesIfThere } from '../state/files.js';
import { lines } from '../state/json-lines.js';
import { eventsFolder } from '../state/paths.js';
import type { EventLine, RunEvent } from '../wire/events.js';
import { keyOfEvent, knownEvents, type KnownEvents } from './known.js';
import { SEGMENTS_READ_AT_ONCE } from './tunables.js';

const NAME = /^\d{9}\.jsonl$/;

const segmentPath = (dir: string, number: number): string =>
  join(eventsFolder(dir), `${String(number).padStart(9, '0')}.jsonl`);

/** How far the segments are known to a writer. */
export interface Segments {
  known: KnownEvents;
  /** Number of the next segment, and of the next line; both from 1. */
  next: number;
  seq: number;
  /** Bytes of all segments. */
  size: number;
}

/** A line that people have spoilt says nothing; the others stand. */
const parsed = (text: string): EventLine | null => {
  try {
    return JSON.parse(text) as EventLine;
  } catch {
    return null;
  }
};

const take = (segments: Segments, bytes: Buffer): void => {
  for (const text of lines(bytes)) {
    const line = parsed(text);
    if (line === null) continue;
    segments.known.add(line.key, line);
    segments.seq = line.seq + 1;
  }
  segments.next += 1;
  segments.size += bytes.length;
};

const countSegments = async (dir: string): Promise<number> => {
  try {
    return (await readdir(eventsFolder(dir))).filter((name) => NAME.test(name)).length;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw new StorageFailed(eventsFolder(dir), 'cannot list', error);
  }
};

/** Reads all segments; `onBytes` is given their bytes in order. Throws StorageFailed. */
export const readSegments = async (dir: string, onBytes: (bytes: Buffer) => void): Promise<Segments> => {
  const segments: Segments = { known: knownEvents(), next: 1, seq: 1, size: 0 };
  const count = await countSegments(dir);
  while (segments.next <= count) {
    const from = segments.next;
    const numbers = Array.from(
      { length: Math.min(SEGMENTS_READ_AT_ONCE, count - from + 1) },
      (_, place) => from + place,
    );
    const read = await Promise.all(numbers.map((number) => readBytesIfThere(segmentPath(dir, number))));
    for (const bytes of read) {
      // Somebody has removed it: what follows was written after it, and cannot be had without it.
      if (bytes === null) return segments;
      take(segments, bytes);
      onBytes(bytes);
    }
  }
  return segments;
};

const formatted = (segments: Segments, events: readonly RunEvent[]): string => {
  const time = new Date().toISOString();
  const told = new Set<string>();
  let { seq } = segments;
  let text = '';
  for (const event of events) {
    const key = keyOfEvent(event);
    if (told.has(key) || segments.known.has(key, event)) continue;
    told.add(key);
    text += `${JSON.stringify({ seq, key, time, ...event })}\n`;
    seq += 1;
  }
  return text;
};

/**
 * Adds those events that are not told yet, after all that others have added meanwhile.
 *
 * @returns the bytes that have come to the segments, in their order: others' and one's own. Throws StorageFailed.
 */
export const addEvents = async (
  dir: string,
  segments: Segments,
  events: readonly RunEvent[],
): Promise<Buffer[]> => {
  const added: Buffer[] = [];
  for (;;) {
    const text = formatted(segments, events);
    if (text === '') return added;
    const path = segmentPath(dir, segments.next);
    const isMine = await createExclusive(path, text);
    const bytes = isMine ? Buffer.from(text) : await readBytesIfThere(path);
    if (bytes === null) throw new StorageFailed(path, 'cannot read', new Error('it was removed'));
    // Also where a shared file system called the name taken although its own answer was lost: then what stands there is ours.
    take(segments, bytes);
    added.push(bytes);
    if (isMine) return added;
  }
};
