/** What accounting says of all jobs of a run, at its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobReport } from '../../../batch/contract.js';
import type { Accounting } from '../commands/accounting.js';
import { classOfState } from '../commands/states.js';
import { REPORT_EVERY_SECONDS, REPORT_PATIENCE_SECONDS } from '../tunables.js';

export interface ReportedJob {
  jobId: string;
  jobName: string;
}

/** Asks until every job's end is on the books, for a few seconds at most; what is late stays out. */
export const reportJobs = async (
  accounting: Accounting,
  jobs: readonly ReportedJob[],
  since: number,
): Promise<Map<string, JobReport>> => {
  const reports = new Map<string, JobReport>();
  const deadline = performance.now() + REPORT_PATIENCE_SECONDS * 1000;
  while (reports.size < jobs.length) {
    const accounts = await accounting.all(since);
    if (!(accounts instanceof Map)) return reports;
    for (const { jobId, jobName } of jobs) {
      const account = accounts.get(jobId);
      if (account?.name !== jobName || classOfState(account.state) !== 'ended') continue;
      reports.set(jobId, { state: account.state, usage: account.usage });
    }
    if (reports.size === jobs.length || performance.now() >= deadline) break;
    await sleep(REPORT_EVERY_SECONDS * 1000);
  }
  return reports;
};
