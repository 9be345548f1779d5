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
}

/** Code of a Node system error, or null. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
