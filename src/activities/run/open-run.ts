/**
 * `openRun`: validates the request, claims the run's directory, and writes the first state.
 *
 * Everything is validated here and not only by the command line, since clients in other languages bypass it.
 */
import { access, constants } from 'node:fs/promises';
import { errorCode, StateCorrupt, StorageFailed } from '../../state/errors.js';
import { adoptState } from '../../state/files.js';
import { makeFolder, makeInnerFolder } from '../../state/folders.js';
import { requestPath, runnerDir } from '../../state/paths.js';
import { bothTypes } from '../../images/both-types.js';
import { hasControlCharacter } from '../../images/python-text.js';
import type { OpenedRun, OpenRunInput } from '../../wire/activities.js';
import { canonicalJson } from '../../wire/canonical-json.js';
import type { Backend } from '../../batch/contract.js';
import type { RecoveryRules } from '../../wire/recovery.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import { claimRunDir } from './claim-run-dir.js';
import { examineRequest } from './examine-request.js';
import type { StepDependencies } from '../dependencies.js';
import { openedEvents } from '../events/opened.js';
import { InvalidRequest } from '../errors.js';
import { warmUp } from './warm-up.js';
import { whoseFolder } from './whose-folder.js';
import { unspill } from './request-files.js';
import { filtersByStatus } from '../earlier/write-take-over.js';
import { earlierRun, takenOver, wordsOn } from './continue-run.js';
import { logEvent } from '../../state/run-log.js';
import { publishImages } from '../../state/stored-request.js';
import { slipsIn } from '../../validation/slips.js';
import { searchAttributesOf } from '../../wire/search-attributes.js';
import { aliasOf } from '../../wire/task-title.js';

/** Errors that say that the folder cannot be had, rather than that the storage is ill. */
const UNUSABLE_FOLDER = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'ENOENT',
  'ENAMETOOLONG',
  'EINVAL',
]);

const isDenied = (code: string): boolean => code === 'EACCES' || code === 'EPERM';

const makeRunDir = async (dir: string, pointer: string): Promise<void> => {
  try {
    await makeFolder(dir);
    await access(dir, constants.W_OK | constants.X_OK);
    await makeInnerFolder(runnerDir(dir));
  } catch (error) {
    if (error instanceof StateCorrupt) {
      const expected = 'a folder with nothing but files of runs in the place of theirs';
      throw new InvalidRequest([{ path: pointer, expected, got: error.message }]);
    }
    const code = errorCode(error);
    if (code === null || !UNUSABLE_FOLDER.has(code)) throw new StorageFailed(dir, 'cannot create', error);
    throw new InvalidRequest([
      {
        path: pointer,
        expected: 'a folder that the worker can create and write to',
        got: `${dir} (${code})${isDenied(code) ? `: ${await whoseFolder(dir)}` : ''}`,
      },
    ]);
  }
};

/** What a request asks for and this backend knows nothing of. */
const withoutEffect = (recovery: RecoveryRules, tasks: RecoveryRules[], backend: Backend): string[] =>
  (['memory', 'time'] as const).filter(
    (limit) => backend.raise === undefined && [recovery, ...tasks].some((rules) => rules[limit].tries > 0),
  );

const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
};

/** It stands in comments of scripts, in logs and on terminals; a client may have given any text. */
const checkWorkflowId = (id: string): void => {
  if (!hasControlCharacter(id)) return;
  const expected = 'a workflow id without control characters (given where the run was started)';
  throw new InvalidRequest([{ path: '', expected, got: JSON.stringify(id) }]);
};

/** A workflow sets what it is told to set, and one that the server does not know would stop it for good. */
const attributesFor = (
  request: ProcessWorkflowRequest,
  known: readonly string[],
  isEncrypted: boolean,
): OpenedRun['search_attributes'] => {
  if (!['FractalBackend', 'FractalDataset', 'FractalJobId'].every((name) => known.includes(name)))
    return null;
  const { FractalWorkflow, FractalDataset, FractalJobId } = searchAttributesOf(request, isEncrypted);
  return {
    ...(known.includes('FractalWorkflow') && { FractalWorkflow }),
    ...{ FractalBackend: request.backend, FractalDataset: FractalDataset ?? '', FractalJobId },
  };
};

/**
 * @throws InvalidRequest with all errors of the request, StorageFailed while the storage fails.
 */
export const openRun = async (input: OpenRunInput, deps: StepDependencies): Promise<OpenedRun> => {
  checkWorkflowId(input.workflow_id);
  const raw = await unspill(input.request);
  const { request, images: loaded } = await examineRequest(raw, deps.backend);
  const dir = request.workflow_dir_remote ?? request.workflow_dir_local;
  const earlier = await earlierRun({ input, raw, request, dir }, deps);

  const pointer = request.workflow_dir_remote === null ? '/workflow_dir_local' : '/workflow_dir_remote';
  await makeRunDir(dir, pointer);
  await claimRunDir({ dir, pointer, input, server: deps.server ?? null });

  const stored: ProcessWorkflowRequest = {
    ...request,
    dataset: { ...request.dataset, images: [], images_file: null },
    recovery: { ...request.recovery, in_parts: input.in_parts === true },
  };
  const continued = earlier === null ? null : await takenOver(earlier, dir);
  const byStatus = filtersByStatus(request);
  const images =
    continued?.continued.images ?? (await publishImages({ dir }, request.first_task_index, loaded));
  // Another worker, with other defaults of recovery, may have been here first: then its word holds.
  const { reference } = await adoptState(requestPath(dir), [canonicalJson(stored), '\n'], isJson);
  const tasks = request.workflow.task_list
    .map((task, position) => ({
      ...{ position, order: task.order, name: task.task.name, ...aliasOf(task) },
      type: task.task_type,
    }))
    .slice(request.first_task_index, request.last_task_index + 1);
  warmUp(request, deps);
  await logEvent(
    dir,
    `open: workflow "${request.workflow.name}" as ${input.workflow_id}` +
      `${request.logger_name === null ? '' : ` (${request.logger_name})`}, ${tasks.length} tasks, ${images.count} images`,
  );
  const unused = withoutEffect(request.recovery, Object.values(request.recovery.tasks), deps.backend);
  if (unused.length > 0) {
    const words = `recovery: ${unused.join(' and ')} ${unused.length === 1 ? 'has' : 'have'} no meaning for backend "${request.backend}" and no effect`;
    await logEvent(dir, `open: ${words}`);
  }
  const warnings = [...slipsIn(raw), ...(continued === null ? bothTypes(request, loaded) : [])];
  for (const warning of warnings) await logEvent(dir, `open: ${warning}`);
  const known = await deps.knownSearchAttributes();
  for (const line of continued === null ? [] : wordsOn(continued.continued)) await logEvent(dir, line);
  const opened: OpenedRun = {
    run: {
      ...{ dir, uuid: input.uuid, request: reference, workflow_id: input.workflow_id },
      ...(continued !== null && { continued: continued.reference }),
      ...(byStatus && { filters_by_status: true }),
    },
    workflow_name: request.workflow.name,
    backend: request.backend,
    tasks,
    images,
    type_filters: { ...request.job_type_filters, ...continued?.continued.output_types },
    ...(continued !== null && { taken_over: continued.continued.tasks }),
    search_attributes: attributesFor(request, known, deps.isEncrypted === true),
    has_status_attribute: known.includes('FractalStatus'),
    ...(warnings.length > 0 && { warnings }),
  };
  await deps.events(dir).tell(openedEvents(opened, request));
  return opened;
};
