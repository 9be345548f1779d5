/** The validated request and the image lists of a run, as files. */
import { formatLines, parseLines } from './json-lines.js';
import { publishState, readState } from './files.js';
import { imagesPath } from './paths.js';
import type { ImagesReference, RunReference } from '../wire/stages.js';
import type { FileReference } from '../wire/failure.js';
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';

export const readRequest = async (reference: FileReference): Promise<ProcessWorkflowRequest> =>
  JSON.parse((await readState(reference)).toString('utf8')) as ProcessWorkflowRequest;

/** The workflow-task at a position of the sorted task list. */
export const taskAt = (request: ProcessWorkflowRequest, position: number): WorkflowTask => {
  const task = request.workflow.task_list[position];
  if (task === undefined) throw new RangeError(`no task at position ${position}`);
  return task;
};

export const readImages = async (reference: FileReference): Promise<Image[]> => [
  ...parseLines<Image>(await readState(reference)),
];

/** Publishes the image list before the task at `position`. */
export const publishImages = async (
  run: Pick<RunReference, 'dir'>,
  position: number,
  images: Image[],
  generation = 0,
): Promise<ImagesReference> => ({
  ...(await publishState(imagesPath(run.dir, position, generation), formatLines(images))),
  count: images.length,
});
