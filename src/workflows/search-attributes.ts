/** Search attributes by which runs are found in the Web UI. */
import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { OpenedRun } from '../wire/activities.js';
import { SEARCH_ATTRIBUTES } from '../wire/names.js';

const workflow = defineSearchAttributeKey('FractalWorkflow', SEARCH_ATTRIBUTES.FractalWorkflow);
const backend = defineSearchAttributeKey('FractalBackend', SEARCH_ATTRIBUTES.FractalBackend);
const dataset = defineSearchAttributeKey('FractalDataset', SEARCH_ATTRIBUTES.FractalDataset);
const jobId = defineSearchAttributeKey('FractalJobId', SEARCH_ATTRIBUTES.FractalJobId);

export const searchAttributePairs = (
  values: NonNullable<OpenedRun['search_attributes']>,
): SearchAttributeUpdatePair[] => [
  ...(values.FractalWorkflow ? [{ key: workflow, value: values.FractalWorkflow }] : []),
  { key: backend, value: values.FractalBackend },
  ...(values.FractalDataset === '' ? [] : [{ key: dataset, value: values.FractalDataset }]),
  ...(values.FractalJobId === null ? [] : [{ key: jobId, value: values.FractalJobId }]),
];
