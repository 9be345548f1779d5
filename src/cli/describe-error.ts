/** What the program says of an error, on stderr. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { ExecutionError } from '../client/index.js';
import { noNamespace } from '../server/connection/errors.js';
import { readableText } from '../state/plain-text.js';
import { exitCodeOf } from './exit-code-of.js';
import { exitCode } from './exit-codes.js';

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');

const describeExecution = (error: ExecutionError): string => {
  const { details } = error;
  // The message names the log, and says what became of the unit.
  const isNews = (value: string | number | null): value is string | number =>
    value !== null && !error.message.includes(String(value));
  const facts: [string, string | number | null][] = [
    ['log', details.log_file],
    ['command', details.cmd_file],
    ['stdout', details.stdout_file],
    ['stderr', details.stderr_file],
    ['SLURM job', [details.slurm_job_id, details.slurm_state].filter(Boolean).join(' ') || null],
    ['info', details.info],
    ['result', error.result?.path ?? null],
  ];
  return [
    `${error.name}: ${error.message}`,
    ...facts.flatMap(([name, value]) => (isNews(value) ? [`  ${name}: ${value}`] : [])),
    ...(details.log_tail ? ['  last lines of the log:', indented(readableText(details.log_tail))] : []),
  ].join('\n');
};

const message = (error: unknown): string => {
  if (error instanceof ExecutionError) return describeExecution(error);
  if (error instanceof WorkflowNotFoundError)
    return (
      `There is no run ${error.workflowId} on this server (\`fractal-temporal list\` has its runs). One that has ended is ` +
      "forgotten after the server's retention; by its directory it can be looked at without a server." +
      (existsSync(resolve(error.workflowId)) ? ` The folder ${error.workflowId} here holds no run.` : '')
    );
  if (error instanceof NamespaceNotFoundError) return noNamespace(error.namespace);
  return error instanceof Error ? error.message : String(error);
};

/** What to print for an error; the stack only where the error is unforeseen and `verbose` is set. */
export const describeError = (error: unknown, verbose: boolean): string => {
  const foreseen = exitCodeOf(error) !== exitCode.unforeseen;
  if (verbose && !foreseen && error instanceof Error && error.stack) return error.stack;
  return message(error);
};
