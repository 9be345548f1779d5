/** Everything about a request that can be checked without looking at files (docs/request.md). */
import { activityTaskQueue } from '../wire/names.js';
import type { InputError } from '../wire/failure.js';
import { Problems } from './problems.js';
import { checkDataset } from './request-checks/dataset.js';
import { checkImages } from './request-checks/images.js';
import { checkRange } from './request-checks/range.js';
import { checkRecovery } from './request-checks/recovery.js';
import { checkWorkflow } from './request-checks/workflow.js';
import type { GivenRecovery } from '../wire/recovery.js';
import { IMAGE_STATUS_ATTRIBUTE, imageStatuses } from '../images/status.js';
import type { AttributeValue, Image, ProcessWorkflowRequest } from '../wire/request.js';
import { isJsonObject } from './schemas/leaf.js';
import { readFields } from './schemas/read-fields.js';
import { request as requestSchema } from './schemas/request.js';
import { whatItIs } from './what-it-is.js';

export type ValidatedRequest =
  { request: ProcessWorkflowRequest; errors: [] } | { request: null; errors: InputError[] };

const numberOfTasks = (workflow: unknown): number | null =>
  isJsonObject(workflow) && Array.isArray(workflow.task_list) && workflow.task_list.length > 0
    ? workflow.task_list.length
    : null;

const checkDirectories = (
  backend: string,
  local: string,
  remote: string | null,
  problems: Problems,
): void => {
  if (backend === 'local' && remote !== null && remote !== local) {
    problems.add(
      ['workflow_dir_remote'],
      'null or the same as workflow_dir_local, for backend "local"',
      remote,
    );
  }
};

const checkContinueFrom = (from: string | null, own: string | null, problems: Problems): void => {
  if (from !== null && from === own)
    problems.add(['continue_from'], 'the directory of an earlier run, not that of this one', from);
};

/** Answered by the runner itself, so that no other value can ever match. */
const checkStatusFilter = (filters: Record<string, AttributeValue[]>, problems: Problems): void => {
  const known: readonly unknown[] = imageStatuses;
  for (const [index, value] of (filters[IMAGE_STATUS_ATTRIBUTE] ?? []).entries()) {
    if (known.includes(value)) continue;
    const path = ['job_attribute_filters', IMAGE_STATUS_ATTRIBUTE, index];
    problems.add(path, `one of ${imageStatuses.map((name) => JSON.stringify(name)).join(', ')}`, value);
  }
};

/**
 * The request with every default filled in, urls normalised and `task_list` sorted; or all that is wrong with it (of
 * more than a thousand errors the last entry counts the rest).
 *
 * @param defaults of `recovery`, from the worker's configuration.
 */
export const validateRequest = (value: unknown, defaults: GivenRecovery = {}): ValidatedRequest => {
  const problems = new Problems();
  const taken = isJsonObject(value) && !('workflow' in value || 'dataset' in value) ? whatItIs(value) : null;
  if (taken !== null) {
    problems.addText([], 'a request {workflow, dataset, workflow_dir_local, ...} (docs/request.md)', taken);
    return { request: null, errors: problems.errors };
  }
  const shape = requestSchema.omit({ workflow: true, dataset: true, recovery: true });
  const whole = isJsonObject(value) ? value : {};
  const { workflow: workflowValue, dataset: datasetValue, recovery: recoveryValue, ...others } = whole;
  const fields = readFields(shape, isJsonObject(value) ? others : value, [], problems, 'refuse');
  if (fields === null) return { request: null, errors: problems.errors };

  const workflow = checkWorkflow(workflowValue, ['workflow'], problems);
  const firstTask = workflow?.task_list[fields.first_task_index ?? 0]?.task_type;
  const needsImages = firstTask !== undefined && !firstTask.startsWith('converter');
  const dataset = checkDataset(datasetValue, ['dataset'], problems, needsImages);
  const count = numberOfTasks(workflowValue);
  const indices = { first: fields.first_task_index ?? null, last: fields.last_task_index ?? null };
  const range = checkRange(indices, count, problems);
  const recovery = checkRecovery(recoveryValue, count, defaults, problems);
  const { backend, workflow_dir_local: local } = fields;
  const remote = fields.workflow_dir_remote ?? null;
  if (backend !== undefined && local !== undefined) checkDirectories(backend, local, remote, problems);

  checkContinueFrom(fields.continue_from ?? null, remote ?? local ?? null, problems);
  checkStatusFilter(fields.job_attribute_filters ?? {}, problems);

  const missing = workflow === null || dataset === null || backend === undefined || local === undefined;
  if (problems.any || missing) return { request: null, errors: problems.errors };
  return {
    request: {
      workflow,
      dataset,
      workflow_dir_local: local,
      workflow_dir_remote: remote,
      first_task_index: range.first,
      last_task_index: range.last,
      job_id: fields.job_id ?? null,
      user_id: fields.user_id ?? null,
      logger_name: fields.logger_name ?? null,
      job_attribute_filters: fields.job_attribute_filters ?? {},
      job_type_filters: fields.job_type_filters ?? {},
      backend,
      activity_task_queue: fields.activity_task_queue ?? activityTaskQueue(backend),
      recovery,
      continue_from: fields.continue_from ?? null,
      worker_init: fields.worker_init ?? null,
      slurm_account: fields.slurm_account ?? null,
      user_cache_dir: fields.user_cache_dir ?? null,
      ...(fields.warm_start ? { warm_start: true } : {}),
      ...(fields.exclusive?.length ? { exclusive: fields.exclusive } : {}),
    },
    errors: [],
  };
};

/**
 * The images of a dataset, checked and normalised as those within a request; for the content of an `images_file`.
 *
 * @param pointerPrefix JSON Pointer that the errors' paths begin with, '' or e.g. `/dataset/images`.
 */
export const validateImages = (
  value: unknown,
  pointerPrefix: string,
): { images: Image[]; errors: InputError[] } => {
  const problems = new Problems();
  const images = checkImages(value, [], problems);
  if (!problems.any) return { images, errors: [] };
  const errors = problems.errors.map((error) => ({ ...error, path: pointerPrefix + error.path }));
  return { images: [], errors };
};
