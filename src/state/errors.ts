/** Errors of the state files. */

/** A state file is not what was written: edited, cut off, or another content under its name. Never retried. */
export class StateCorrupt extends Error {
  override readonly name = 'StateCorrupt';

  constructor(
    readonly path: string,
    what: string,
  ) {
    super(`${path}: ${what}`);
  }
}

const PERMANENT = new Set([
  ...['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ENXIO', 'EFBIG'],
  // Of a folder to be made: something else stands there.
  'EEXIST',
]);

/** Code of a Node system error, or null. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Whether an error of the file system lasts, unless somebody mends what it is about; all others may pass. */
export const isPermanent = (error: unknown): boolean => PERMANENT.has(errorCode(error) ?? '');

/** The storage did not do what was asked (full, away, no permission); retried for an hour. */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';

  constructor(
    readonly path: string,
    doing: string,
    cause: unknown,
  ) {
    super(`${doing} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }

  /** No repetition helps: what is there is no file that this user can read or write, or nothing is there. */
  get isPermanent(): boolean {
    return isPermanent(this.cause);
  }
}
