import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, RetryState, TerminatedFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidRequestError,
  JobExecutionError,
  RunCancelledError,
  RunError,
  TaskExecutionError,
} from '../../src/client/errors.js';
import { runErrorFrom } from '../../src/client/failure.js';

const failed = (cause: Error): WorkflowFailedError =>
  new WorkflowFailedError('failed', cause, RetryState.NON_RETRYABLE_FAILURE);

const result = { path: '/r', sha256: 'd', images: 1, units: 2 };
const application = (type: string, detail: object): WorkflowFailedError =>
  failed(ApplicationFailure.create({ type, message: 'unit 3 failed', details: [detail] }));

describe('runErrorFrom', () => {
  it.each([
    ['TaskExecutionError', TaskExecutionError],
    ['JobExecutionError', JobExecutionError],
  ])('%s comes back with its details and result', (type, errorClass) => {
    const error = runErrorFrom(application(type, { exit_code: 7, log_file: '/log', result }), 'run-1');
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({
      name: type,
      message: 'unit 3 failed',
      workflowId: 'run-1',
      result,
      details: { exit_code: 7, log_file: '/log', signal: null },
    });
  });

  it('InvalidRequestError lists every error', () => {
    const errors = [
      { path: '/dataset', expected: 'an object', got: '1' },
      { path: '', expected: 'b', got: 'c' },
    ];
    const error = runErrorFrom(application('InvalidRequestError', { errors }), 'run-1');
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors).toEqual(errors);
    expect((error as Error).message).toContain('/dataset: expected an object, got 1');
    expect((error as Error).message).toContain('(the request): expected b, got c');
  });

  it('a cancelled run is told from a failed one', () => {
    expect(runErrorFrom(failed(new CancelledFailure('x')), 'run-1')).toBeInstanceOf(RunCancelledError);
  });

  it('what has no class of its own is a RunError that says what happened', () => {
    const terminated = runErrorFrom(failed(new TerminatedFailure('by hand')), 'run-1');
    expect(terminated).toBeInstanceOf(RunError);
    expect(terminated).not.toBeInstanceOf(RunCancelledError);
    expect((terminated as Error).message).toContain('by hand');
    expect(runErrorFrom(application('Surprise', {}), 'run-1')).toMatchObject({ name: 'RunError' });
  });

  it('errors that are not the run are left as they are', () => {
    const away = new Error('14 UNAVAILABLE');
    expect(runErrorFrom(away, 'run-1')).toBe(away);
  });
});
