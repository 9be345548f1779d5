/** Follows a run until it ends: progress, and a word when nobody works on it. */
import type { Client } from '@temporalio/client';
import { type Queue, type RunHandle, unpolledQueues } from '../client/index.js';
import { operatorLines } from '../report/held.js';
import { noWorkerLines, pausedLine } from '../report/no-worker.js';
import type { ProgressView } from './progress-view.js';
import { aborted, pause } from './signals.js';
import { sayMissing } from './still-waiting.js';
import { NO_WORKER_NOTICE_MS, PROGRESS_POLL_MS } from './tunables.js';

/** Says which queues have no worker, once per change; what was told last, also when nobody could be asked. */
const noticeUnpolled = async (
  client: Client,
  queues: Queue[],
  view: ProgressView,
  told: string,
): Promise<string> => {
  try {
    const lines = await noWorkerLines(client, await unpolledQueues(client, queues));
    return sayMissing(lines, told, (line) => {
      view.note(line);
    });
  } catch {
    return told;
  }
};

export interface WatchOptions {
  client: Client;
  run: RunHandle;
  queues: Queue[];
  view: ProgressView;
  /** Ends the watching, not the run. */
  signal: AbortSignal;
}

/** Shows progress until `signal` is aborted; a server that is away for a while is waited for. */
export const watchRun = async ({ client, run, queues, view, signal }: WatchOptions): Promise<void> => {
  let nextLook = Date.now() + NO_WORKER_NOTICE_MS;
  let told = '';
  let away = false;
  let state = '';
  let asked = '';
  const stopped = aborted(signal);
  while (!signal.aborted) {
    try {
      // Without a worker the query takes its whole time-out: whoever leaves does not wait for it.
      const live = await Promise.race([run.progress(), stopped]);
      if (live === undefined) return;
      if (away) view.note('The server answers again.');
      away = false;
      view.update(live);
      const paused = pausedLine(run.workflowId, live.state);
      if (paused !== null && live.state !== state) view.note(paused);
      state = live.state;
      const asks = operatorLines(run.workflowId, live.progress);
      const key = asks.join('\n');
      if (key !== asked) for (const line of asks) view.note(line);
      asked = key;
    } catch (error) {
      if (!away)
        view.note(`The server does not answer (${error instanceof Error ? error.message : ''}); waiting.`);
      away = true;
    }
    if (Date.now() >= nextLook) {
      nextLook = Date.now() + NO_WORKER_NOTICE_MS;
      told = await noticeUnpolled(client, queues, view, told);
    }
    await pause(PROGRESS_POLL_MS, signal);
  }
};
