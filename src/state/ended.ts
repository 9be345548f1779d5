/**
 * `.runner/ended.json`: that the run was closed, and how. A server that is restored from an older backup goes through the
 * end of a run once more: what that end had left undone must stay undone (docs/guarantees.md, "Restored servers").
 */
import type { RunReference } from '../wire/stages.js';
import type { RunResult } from '../wire/result.js';
import { readIfThere, replaceFile } from './files.js';
import { endPath } from './paths.js';

const STATUSES: readonly unknown[] = ['done', 'failed', 'cancelled'] satisfies RunResult['status'][];

/** @throws StorageFailed when the storage fails. */
export const recordEnd = async ({ dir, uuid }: RunReference, status: RunResult['status']): Promise<void> => {
  await replaceFile(endPath(dir), [JSON.stringify({ uuid, status }), '\n'], true);
};

/** How the run was closed; null when it was not, or when the file says nothing of this run. */
export const readEnd = async ({ dir, uuid }: RunReference): Promise<RunResult['status'] | null> => {
  const text = await readIfThere(endPath(dir));
  if (text === null) return null;
  try {
    const said = JSON.parse(text) as { uuid?: unknown; status?: unknown };
    return said.uuid === uuid && STATUSES.includes(said.status) ? (said.status as RunResult['status']) : null;
  } catch {
    // Damaged: then it holds up nobody.
    return null;
  }
};
