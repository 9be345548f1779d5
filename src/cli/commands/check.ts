/** `check`, and `run --dry-run`: what a run of a request would do. Nothing is run or written. */
import type { Command } from 'commander';
import { InvalidRequest } from '../../activities/errors.js';
import { examineRequest } from '../../activities/run/examine-request.js';
import { InvalidRequestError, JobExecutionError } from '../../client/index.js';
import { checkReport, type CheckReport } from '../../report/check/check-report.js';
import { formatCheck } from '../../report/check/format-check.js';
import { jobFailure } from '../../wire/failure.js';
import { type BackendOptions, viewBackend } from '../backends.js';
import { type Io, jsonText, print, show } from '../io.js';
import { addBackendOptions } from '../options.js';
import { readRequest, type RequestOptions } from '../request-file.js';
import { styleOf } from '../style.js';

export interface CheckOptions extends BackendOptions, RequestOptions {
  json?: boolean;
  script?: boolean;
}

const reportOn = async (io: Io, requestPath: string, options: CheckOptions): Promise<CheckReport> => {
  const { input, request, runDir, workflowId, warnings } = await readRequest(requestPath, options, io.env);
  const backend = await viewBackend(request.backend, options, request.activity_task_queue);
  try {
    const examined = await examineRequest(input, backend);
    return await checkReport({ ...examined, workflowId, runDir, backend, warnings });
  } catch (error) {
    if (error instanceof InvalidRequest)
      throw new InvalidRequestError(error.errors, workflowId, { cause: error });
    throw error;
  }
};

/** @throws JobExecutionError, as a run would, where a task cannot begin. */
export const checkCommand = async (io: Io, requestPath: string, options: CheckOptions): Promise<void> => {
  const report = await reportOn(io, requestPath, options);
  if (options.json === true) print(io, jsonText(report));
  else show(io, formatCheck(report, styleOf(io.stdout, io.env), options.script === true));
  const problem = report.tasks.find((task) => task.problem !== null)?.problem ?? null;
  if (problem !== null) throw new JobExecutionError(jobFailure(problem), report.workflow_id);
};

export const registerCheck = (program: Command, io: Io): void => {
  const command = program
    .command('check')
    .description(
      'what a run of a request would do, task by task: images, filters, units, batches, resources; nothing is run or written',
    )
    .argument('<request>', 'JSON file of the request; - reads stdin')
    .option('--script', "the script of each task's first batch, where it is known")
    .option('--json', 'for programs, with scripts and all images (schemas/check.schema.json)')
    .option('--workflow-id <id>', "default: from the workflow's name and the run's directory")
    .option('--keys <file>', 'key ring of the run: the id of an encrypted run holds no name');
  addBackendOptions(command).action((request: string, options: CheckOptions) =>
    checkCommand(io, request, options),
  );
};
