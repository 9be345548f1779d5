/** Reads the lines of `events.jsonl`, of a run that is over or while it goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLine } from '../wire/events.js';
import { FOLLOW_EVERY_MS } from './tunables.js';

/** Bytes from an offset on, as many as there are or some of them; none at the end, or while there is no file. */
export type ReadFrom = (offset: number) => Promise<Uint8Array>;

export interface FollowOptions {
  /** Goes on until the run is closed; default: ends with the last line that is there. */
  follow?: boolean;
  signal?: AbortSignal;
  /** Asked now and then while nothing comes: the run has ended without a last line, as one that was terminated does. */
  isOver?: () => Promise<boolean>;
}

const NEWLINE = 0x0a;

/** null: not written whole yet, or a shared folder shows its length before its bytes. */
const parsed = (bytes: Uint8Array): EventLine | null => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as EventLine;
  } catch {
    return null;
  }
};

/** Whole lines at the beginning of the bytes, and how many bytes they take. */
const wholeLines = (bytes: Uint8Array): { lines: EventLine[]; length: number } => {
  const lines: EventLine[] = [];
  let length = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, length);
    const line = end === -1 ? null : parsed(bytes.subarray(length, end));
    if (line === null) return { lines, length };
    lines.push(line);
    length = end + 1;
  }
};

/** Between two questions whether a silent run is over. */
const LOOKS_PER_QUESTION = 10;

/**
 * Lines in their order, each once; ends with `run_closed`.
 *
 * @throws what `read` throws, and the signal's reason when it fires.
 */
export async function* eventLines(read: ReadFrom, options: FollowOptions = {}): AsyncGenerator<EventLine> {
  const { follow = false, signal, isOver } = options;
  let offset = 0;
  let rest: Uint8Array = new Uint8Array();
  let seq = 0;
  let last = false;
  for (let silent = 0; ; silent += 1) {
    signal?.throwIfAborted();
    const bytes = await read(offset + rest.length);
    const { lines, length } = wholeLines(Buffer.concat([rest, bytes]));
    rest = Buffer.concat([rest, bytes]).subarray(length);
    offset += length;
    for (const line of lines) {
      if (line.seq <= seq) continue;
      seq = line.seq;
      yield line;
      if (line.event === 'run_closed') return;
    }
    if (bytes.length > 0 && lines.length > 0) {
      silent = 0;
      continue;
    }
    // What is no line yet is read anew: its bytes may change.
    if (bytes.length === 0) rest = new Uint8Array();
    else continue;
    if (!follow || last) return;
    last = silent % LOOKS_PER_QUESTION === LOOKS_PER_QUESTION - 1 && (await isOver?.()) === true;
    await sleep(FOLLOW_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}
