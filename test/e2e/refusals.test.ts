/** Wrong requests, sent as a client in any language would: nothing checks them before `openRun`. */
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WORKFLOW_TYPE } from '../../src/wire/names.js';
import type { InputError } from '../../src/wire/failure.js';
import type { JsonValue } from '../../src/wire/request.js';
import { isJsonObject } from '../../src/validation/schemas/leaf.js';
import { startHarness, type Harness } from '../support/harness.js';
import { wrongRequests } from '../support/wrong-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

/** What cannot name the harness's queue itself goes as a file, as a large request does. */
const argumentFor = async (request: JsonValue): Promise<unknown> => {
  const queue = { activity_task_queue: harness.activityQueue };
  if (isJsonObject(request) && !('activity_task_queue' in request)) return { ...request, ...queue };
  const text = JSON.stringify(request);
  const file = join(await harness.folder(), 'request.json');
  await writeFile(file, text);
  return { request_file: file, sha256: createHash('sha256').update(text).digest('hex'), ...queue };
};

const refusalOf = async (request: JsonValue): Promise<unknown> => {
  const { client, workflowQueue: taskQueue } = harness;
  const args = [await argumentFor(request)];
  const workflowId = `refused-${randomUUID()}`;
  const thrown: unknown = await client.workflow
    .execute(WORKFLOW_TYPE, { workflowId, taskQueue, args })
    .catch((error: unknown) => error);
  if (!(thrown instanceof WorkflowFailedError) || !(thrown.cause instanceof ApplicationFailure))
    return thrown;
  const { type, details } = thrown.cause;
  const [{ errors }] = details as [{ errors: InputError[] }];
  return { type, paths: errors.map(({ path }) => path) };
};

describe.concurrent('a run is refused, with all that is wrong, for a request with', () => {
  it.each(wrongRequests)('%s', async (_, request, paths) => {
    expect(await refusalOf(request)).toEqual({ type: 'InvalidRequestError', paths });
  });
});
