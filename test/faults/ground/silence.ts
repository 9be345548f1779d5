/** How long a run does nothing and says nothing about it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { reportRun, type RunReport } from '../../../src/report/run-report.js';
import { waitingReasons } from '../../../src/report/waiting-reasons.js';
import type { RunUnderFault } from './run.js';
import { isUnitAlive, readWitnesses } from './witness.js';
import type { World } from './world.js';

const LOOK_MS = 250;
const PATIENCE_MS = 20_000;

const SAYS = new Set(['held', 'paused', 'pausing', 'stopping', 'cancelling']);

/** What `status` prints says why nothing goes on, or that all is over. */
const explains = (report: RunReport): boolean =>
  report.closed !== null ||
  // "No worker answers for this run."
  report.progress === null ||
  SAYS.has(report.progress?.status ?? '') ||
  report.no_worker.length > 0 ||
  report.note !== null ||
  report.pending.some(({ batch }) => batch?.state === 'cancelling') ||
  waitingReasons({ state: '', progress: null, pending: report.pending }).length > 0;

const works = async ({ place: { witnessDir } }: RunUnderFault): Promise<boolean> => {
  const open = (await readWitnesses(witnessDir)).flatMap((witness) => witness.open);
  const alive = await Promise.all(open.map((pid) => isUnitAlive(pid, witnessDir)));
  return alive.includes(true);
};

export interface SilenceWatch {
  /** From now on it counts. */
  begin(): void;
  /** Milliseconds of the longest time in which no unit ran and `status` gave no reason. */
  stop(): Promise<number>;
}

export const watchSilence = (world: World, run: RunUnderFault): SilenceWatch => {
  let since: number | null = null;
  let longest = 0;
  let counts = false;
  let over = false;
  const look = async (): Promise<boolean> => {
    if (await works(run)) return false;
    try {
      const report = await Promise.race([
        world.ask((client) => reportRun(client, run.workflowId, 0)),
        sleep(PATIENCE_MS).then(() => null),
      ]);
      return report === null || !explains(report);
    } catch {
      // `status` says that there is no server.
      return false;
    }
  };
  const watching = (async () => {
    while (!over) {
      const began = performance.now();
      const isSilent = counts && (await look());
      if (!isSilent) since = null;
      else {
        since ??= began;
        longest = Math.max(longest, performance.now() - since);
      }
      await sleep(LOOK_MS);
    }
  })();
  return {
    begin: () => {
      counts = true;
    },
    stop: async () => {
      over = true;
      await watching;
      return longest;
    },
  };
};
