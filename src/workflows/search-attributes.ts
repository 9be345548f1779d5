/** Search attributes by which runs are found in the Web UI. */
import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { OpenedRun } from '../wire/activities.js';
import { SEARCH_ATTRIBUTES } from '../wire/names.js';
import type { Progress } from '../wire/progress.js';

const workflow = defineSearchAttributeKey('FractalWorkflow', SEARCH_ATTRIBUTES.FractalWorkflow);
const backend = defineSearchAttributeKey('FractalBackend', SEARCH_ATTRIBUTES.FractalBackend);
const dataset = defineSearchAttributeKey('FractalDataset', SEARCH_ATTRIBUTES.FractalDataset);
const status = defineSearchAttributeKey('FractalStatus', SEARCH_ATTRIBUTES.FractalStatus);
const jobId = defineSearchAttributeKey('FractalJobId', SEARCH_ATTRIBUTES.FractalJobId);

/** Where the run stands, for lists: what passes within moments is told as what it leads to. */
const shortStatus: Partial<Record<Progress['status'], string>> = {
  pausing: 'paused',
  stopping: 'cancelling',
};

export const statusText = (standing: Progress['status']): string => shortStatus[standing] ?? standing;

export const statusPair = (text: string): SearchAttributeUpdatePair => ({ key: status, value: text });

export const searchAttributePairs = (
  values: NonNullable<OpenedRun['search_attributes']>,
): SearchAttributeUpdatePair[] => [
  ...(values.FractalWorkflow ? [{ key: workflow, value: values.FractalWorkflow }] : []),
  { key: backend, value: values.FractalBackend },
  ...(values.FractalDataset === '' ? [] : [{ key: dataset, value: values.FractalDataset }]),
  ...(values.FractalJobId === null ? [] : [{ key: jobId, value: values.FractalJobId }]),
];
