/** Queries of `processWorkflow`, for clients and the command line. */
import { defineQuery } from '@temporalio/workflow';
import type { ResultReference } from '../wire/failure.js';
import type { Progress } from '../wire/progress.js';

export const progressQuery = defineQuery<Progress>('progress');

/** null until the run has ended. */
export const resultQuery = defineQuery<ResultReference | null>('result');
