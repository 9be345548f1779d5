/** Search attributes by which runs are found in the Web UI. */
import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { OpenedRun } from '../wire/activities.js';

const backend = defineSearchAttributeKey('FractalBackend', 'KEYWORD');
const dataset = defineSearchAttributeKey('FractalDataset', 'KEYWORD');
const jobId = defineSearchAttributeKey('FractalJobId', 'INT');

export const searchAttributePairs = (
  values: NonNullable<OpenedRun['search_attributes']>,
): SearchAttributeUpdatePair[] => [
  { key: backend, value: values.FractalBackend },
  ...(values.FractalDataset === '' ? [] : [{ key: dataset, value: values.FractalDataset }]),
  ...(values.FractalJobId === null ? [] : [{ key: jobId, value: values.FractalJobId }]),
];
