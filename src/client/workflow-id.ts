/** The workflow id of a run that is given none (docs/client.md, "The id"). */
import { createHash } from 'node:crypto';
import { readIdentity } from '../state/identity.js';
import { taskSlug } from '../tasks/names.js';
import { type ProcessWorkflowInput, runDirOf } from './request.js';
import { WORKFLOW_ID_DIGITS, WORKFLOW_ID_NAME_CHARACTERS } from './tunables.js';

/** Where a name leaves nothing to call a run by, or must not be known. */
const NAMELESS = 'run';

const digitsOf = (runDir: string): string =>
  createHash('sha256').update(runDir).digest('hex').slice(0, WORKFLOW_ID_DIGITS);

const withoutDashes = (text: string): string => text.replace(/^-+|-+$/g, '');

/** `Project Image (HCS Plate)` -> `project-image-hcs-plate`. */
export const workflowSlug = (name: string): string => {
  const words = taskSlug(name)
    // A worker refuses an id with control characters in it.
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '_')
    .replace(/_+/g, '-');
  const slug = [...withoutDashes(words)].slice(0, WORKFLOW_ID_NAME_CHARACTERS).join('');
  return withoutDashes(slug) || NAMELESS;
};

/** Of a request that nobody has checked yet: it may have no workflow at all, which `openRun` refuses in words. */
export const workflowNameOf = ({ workflow }: { workflow?: unknown }): string | null => {
  const name = (workflow as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : null;
};

/**
 * The workflow's name as a slug, and the first 16 hex digits of the SHA-256 of the run's directory: starting twice is
 * one run.
 *
 * @param isEncrypted the server must not learn the name: `run` stands in its place.
 */
export const defaultWorkflowId = (request: ProcessWorkflowInput, isEncrypted = false): string => {
  const slug = isEncrypted ? NAMELESS : workflowSlug(workflowNameOf(request) ?? '');
  return `${slug}-${digitsOf(runDirOf(request))}`;
};

/** The id that a run of this directory had by default until 0.2. */
export const oldDefaultWorkflowId = (runDir: string): string => `fractal-${digitsOf(runDir)}`;

/** Was this id derived from the directory: under the workflow's name of then, or by an older release? */
export const isDefaultIdOf = (workflowId: string, runDir: string): boolean =>
  workflowId.endsWith(`-${digitsOf(runDir)}`);

/** As `defaultWorkflowId`, but a directory that holds a run under an id derived from it keeps that id. */
export const workflowIdOf = async (request: ProcessWorkflowInput, isEncrypted = false): Promise<string> => {
  const runDir = runDirOf(request);
  // A directory that this client may not look into: the server alone knows then, and `openRun` sees the rest.
  const known = (await readIdentity(runDir).catch(() => null))?.workflow_id ?? null;
  return known !== null && isDefaultIdOf(known, runDir) ? known : defaultWorkflowId(request, isEncrypted);
};
