/** What a scheduler's accounting says of a run's jobs, entered when the run ends: it is some seconds late. */
import { join } from 'node:path';
import type { Backend, JobReport } from '../../batch/contract.js';
import { readIfThere, replaceFile } from '../../state/files.js';
import type { SlurmJobRecord } from '../../wire/result.js';
import { aside } from '../turns.js';
import { forPeople } from '../task/for-people.js';
import type { TaskRecordReference } from '../task/task-record.js';

const lacks = (job: SlurmJobRecord): boolean => job.elapsed_seconds === null || job.state === null;

const completed = (job: SlurmJobRecord, report: JobReport | undefined): SlurmJobRecord =>
  report === undefined || !lacks(job) ? job : { ...job, state: report.state, ...report.usage };

/** `task_run.json` is for people and other programs: it says what the result says. */
const rewrite = async (taskDir: string, jobs: SlurmJobRecord[]): Promise<void> => {
  const path = join(taskDir, 'task_run.json');
  const text = await readIfThere(path);
  if (text === null) return;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(text) as typeof record;
  } catch {
    // Somebody has changed it: it is theirs now.
    return;
  }
  await replaceFile(path, [JSON.stringify({ ...record, slurm_jobs: jobs }, null, 2), '\n']);
};

/** The records with state and use of resources of every job that accounting knows; as they are without any. */
export const withJobReports = async <R extends TaskRecordReference>(
  records: R[],
  backend: Backend,
): Promise<R[]> => {
  const wanted = records.flatMap((record) => record.task_run.slurm_jobs ?? []).filter(lacks);
  if (wanted.length === 0 || backend.report === undefined) return records;
  const since = Math.min(...records.map((record) => Date.parse(record.task_run.started)));
  const jobs = wanted.map((job) => ({ jobId: job.job_id, jobName: job.job_name }));
  const reports = await aside(async () => backend.report?.(jobs, since));
  if (reports === undefined || reports.size === 0) return records;
  return Promise.all(
    records.map(async (record) => {
      const jobs = record.task_run.slurm_jobs;
      if (jobs === undefined) return record;
      const slurmJobs = jobs.map((job) => completed(job, reports.get(job.job_id)));
      await forPeople(record.task_dir, () => rewrite(record.task_dir, slurmJobs));
      return { ...record, task_run: { ...record.task_run, slurm_jobs: slurmJobs } };
    }),
  );
};
