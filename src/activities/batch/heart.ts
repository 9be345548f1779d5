/** What an activity tells its operator while it goes on: heartbeats that the Web UI, client and CLI show. */
import { Context } from '@temporalio/activity';
import type { JournalReport } from '../../batch/read-journals.js';
import type { BatchStatus } from '../../batch/contract.js';
import type { RunBatchInput } from '../../wire/activities.js';
import type { BatchHeartbeat } from '../../wire/progress.js';
import { HEARTBEAT_EVERY_MS, HEARTBEAT_REASON_CHARACTERS } from '../tunables.js';

export interface Heart {
  beat: (change?: Partial<BatchHeartbeat>) => void;
  /** One line to the operator, in place of the last one. */
  note: (line: string) => void;
}

const cut = (line: string): string => line.slice(0, HEARTBEAT_REASON_CHARACTERS);

/** @param onState told the state with each beat. */
export const heartOf = (
  input: Pick<RunBatchInput, 'position' | 'batch'>,
  key: string,
  onState?: (state: BatchHeartbeat['state']) => void,
): Heart => {
  let current: BatchHeartbeat = {
    key,
    position: input.position,
    batch: input.batch,
    state: 'submitting',
    reason: null,
    node: null,
    job_id: null,
    facts: {},
    done: 0,
    failed: 0,
    total: 0,
  };
  const beat = (change: Partial<BatchHeartbeat> = {}): void => {
    current = { ...current, ...change };
    onState?.(current.state);
    Context.current().heartbeat(current);
  };
  return {
    beat,
    note: (line) => {
      beat({ reason: cut(line) });
    },
  };
};

export const shown = (status: BatchStatus, journal: JournalReport): Partial<BatchHeartbeat> => {
  const ends = [...journal.ends.values()];
  const failed = ends.filter((end) => end.status !== 0).length;
  const reason = status.state === 'pending' || status.state === 'unknown' ? status.reason : null;
  return {
    state: status.state,
    reason: reason === null ? null : cut(reason),
    node: status.state === 'running' ? status.node : null,
    done: ends.length - failed,
    failed,
  };
};

/** Repeats a heartbeat while something that shows nothing by itself goes on. */
export const beating = async <T>(beat: () => void, work: Promise<T>): Promise<T> => {
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
};
