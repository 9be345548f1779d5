/** Search attributes that a run is started with, so that lists show what it is before any worker has it. */
import { isGrpcServiceError } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../wire/names.js';
import { searchAttributesOf } from '../wire/search-attributes.js';
import type { ProcessWorkflowInput } from './request.js';

/** gRPC's status code. */
const INVALID_ARGUMENT = 3;

export const startAttributes = (
  request: ProcessWorkflowInput,
  isEncrypted: boolean,
): SearchAttributePair[] => {
  const values = searchAttributesOf(request, isEncrypted);
  const texts = (['FractalWorkflow', 'FractalBackend', 'FractalDataset'] as const).flatMap((name) => {
    const value = values[name];
    return value === null ? [] : [{ key: defineSearchAttributeKey(name, SEARCH_ATTRIBUTES[name]), value }];
  });
  const { FractalJobId: value } = values;
  const key = defineSearchAttributeKey('FractalJobId', SEARCH_ATTRIBUTES.FractalJobId);
  return value === null ? texts : [...texts, { key, value }];
};

/** Does the server refuse a start because of a search attribute that it does not know (with this type)? */
export const isUnknownAttribute = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return (
    isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT && /search ?attribute/i.test(cause.message)
  );
};
