/** What is checked of a request before anything is written, and the images that its first task may choose from. */
import type { Backend } from '../../batch/contract.js';
import { withStatus } from '../../images/status.js';
import { validateRequest } from '../../validation/validate-request.js';
import type { Image, ProcessWorkflowRequest } from '../../wire/request.js';
import { filtersByStatus } from '../earlier/write-take-over.js';
import { InvalidRequest } from '../errors.js';
import { checkLayouts } from './check-layouts.js';
import { loadImages } from './request-files.js';

/** A queue that another backend's worker serves would run everything there, recorded as what it is not. */
const checkBackend = ({ backend, activity_task_queue: queue }: ProcessWorkflowRequest, own: string): void => {
  if (backend === own) return;
  throw new InvalidRequest([
    {
      path: '/activity_task_queue',
      expected: `a queue that a worker of backend "${backend}" serves`,
      got: `"${queue}", which a worker of backend "${own}" serves: name another queue, or backend "${own}"`,
    },
  ]);
};

/**
 * Writes nothing.
 *
 * @returns the request with its defaults, and its images, of which none has a status yet where the request filters by it.
 * @throws InvalidRequest with all errors of the request, StorageFailed while its file of images cannot be read.
 */
export const examineRequest = async (
  raw: unknown,
  backend: Backend,
): Promise<{ request: ProcessWorkflowRequest; images: Image[] }> => {
  const { request, errors: wrong } = validateRequest(raw, backend.recovery);
  if (request === null) throw new InvalidRequest(wrong);
  checkBackend(request, backend.name);
  const errors = await checkLayouts(raw, request, backend);
  const loaded = await loadImages(request.dataset);
  errors.push(...loaded.errors);
  if (errors.length > 0) throw new InvalidRequest(errors);
  const images = filtersByStatus(request) ? withStatus(loaded.images, new Map()) : loaded.images;
  return { request, images };
};
