/** The events of a run as its activities tell them: each once, in order, whoever tells it how often (docs/events.md). */
import pLimit from 'p-limit';
import { StorageFailed } from '../state/errors.js';
import type { RunEvent } from '../wire/events.js';
import { rightBytes, writeAt } from './public-file.js';
import { addEvents, readSegments, type Segments } from './segments.js';
import { knownEvents, type KnownEvents } from './known.js';
import { COMMIT_EVERY_MS, RUNS_REMEMBERED } from './tunables.js';

export interface EventLog {
  /** Tells events, and resolves when they can be read. Throws StorageFailed while the storage fails. */
  tell(events: readonly RunEvent[], options?: { durable?: boolean }): Promise<void>;
  /** Tells them within a second, together with what else happens meanwhile; a storage that fails is tried again then. */
  tellSoon(events: readonly RunEvent[]): void;
  /** What is told by now, as far as this worker knows. Throws StorageFailed. */
  known(): Promise<KnownEvents>;
}

/** What a writer knows: the segments, and how many bytes of the public file are right. */
interface Writer {
  segments: Segments;
  right: number;
}

const load = async (dir: string, durable: boolean): Promise<Writer> => {
  const parts: Buffer[] = [];
  const segments = await readSegments(dir, (bytes) => parts.push(bytes));
  const expected = Buffer.concat(parts);
  const right = await rightBytes(dir, expected);
  if (right < expected.length || (durable && expected.length > 0))
    await writeAt(dir, right, expected.subarray(right), durable);
  return { segments, right: expected.length };
};

/** People lose lines; what a run is rests on other files. */
const unlessForGood = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageFailed && error.isPermanent) return otherwise;
    throw error;
  }
};

const createLog = (dir: string): EventLog & { isClosed(): boolean } => {
  const turn = pLimit(1);
  let writer: Writer | null = null;
  let soon: RunEvent[] = [];
  let timer: NodeJS.Timeout | null = null;
  let committedAt = -Infinity;

  const commit = async (events: readonly RunEvent[], durable: boolean): Promise<void> => {
    const before = writer ?? (await load(dir, durable));
    writer = null;
    const added = Buffer.concat(await addEvents(dir, before.segments, events));
    if (added.length > 0 && !(await writeAt(dir, before.right, added, durable))) {
      writer = await load(dir, durable);
      return;
    }
    writer = { segments: before.segments, right: before.right + added.length };
  };
  const commitAll = (events: readonly RunEvent[], durable: boolean): Promise<void> =>
    turn(async () => {
      const told = soon;
      soon = [];
      try {
        await unlessForGood(() => commit([...told, ...events], durable), undefined);
      } catch (error) {
        soon = [...told, ...soon];
        throw error;
      } finally {
        committedAt = Date.now();
      }
    });
  const later = (): void => {
    if (timer !== null || soon.length === 0) return;
    const due = Math.min(COMMIT_EVERY_MS, Math.max(0, committedAt + COMMIT_EVERY_MS - Date.now()));
    timer = setTimeout(() => {
      timer = null;
      // What fails here is tried again, and told by applyTask at the latest.
      commitAll([], false).then(later, later);
    }, due);
    timer.unref();
  };
  return {
    tell: (events, { durable = false } = {}) => commitAll(events, durable),
    tellSoon: (events) => {
      soon.push(...events);
      later();
    },
    known: async () => {
      if (soon.length > 0 || writer === null) await commitAll([], false);
      return writer?.segments.known ?? knownEvents();
    },
    isClosed: () => writer?.segments.known.closed() === true && soon.length === 0,
  };
};

/** The logs of one worker, by the run's directory. */
export const eventLogs = (): ((dir: string) => EventLog) => {
  const logs = new Map<string, ReturnType<typeof createLog>>();
  return (dir) => {
    const log = logs.get(dir) ?? createLog(dir);
    for (const [other, { isClosed }] of logs) if (isClosed()) logs.delete(other);
    logs.delete(dir);
    // The one that was used last stands last.
    logs.set(dir, log);
    const [oldest] = logs.keys();
    if (logs.size > RUNS_REMEMBERED && oldest !== undefined) logs.delete(oldest);
    return log;
  };
};
