/**
 * The workflow types `readRunFile` and `writeRunFile` (docs/from-afar.md): files of a run for a caller that does not see
 * the worker's file system. What travels is recorded in histories, so it only ever grows optional fields.
 */

/** Bytes of a file in one piece, at most. */
export const PIECE_BYTES = 1_048_576;

/** Pieces that are read along with one, at most: their names travel with the request. */
export const MORE_PIECES = 100;

export const READ_RUN_FILE_TYPE = 'readRunFile';

export const WRITE_RUN_FILE_TYPE = 'writeRunFile';

/** Failure type of what is refused, in words; it is not tried again. */
export const RUN_FILE_REFUSED = 'RunFileRefused';

/** Which workers see the run's directory: as in the run's request. */
export interface OfRunFiles {
  workflow_dir: string;
  backend?: string;
  activity_task_queue?: string;
}

export interface WantedPiece {
  /** Relative to `workflow_dir`, or below it; empty for the directory itself. */
  path: string;
  /** Default 0. */
  offset?: number;
  /** Default, and at most, 1 MiB. */
  length?: number;
  /** Whether the digest of the whole is wanted; default yes. */
  digest?: boolean;
}

export interface ReadRunFileInput extends OfRunFiles, WantedPiece {
  /** Pieces of other files of the run that are read along, at most `MORE_PIECES`. Workers of before it read one alone. */
  more?: WantedPiece[];
}

export interface RunFilePiece {
  /** Of a folder the bytes are the names of what is public in it, a line each, those of folders with a slash. */
  kind: 'file' | 'folder' | 'missing';
  /** Bytes of the whole. */
  size: number;
  offset: number;
  /** SHA-256 (hex) of the whole as it stood when this piece was read; null where it was not asked for. */
  sha256: string | null;
  /** The piece, compressed with gzip, in base64. */
  data: string;
  /**
   * Those of `more` for which there was room, in its order: all pieces of an answer hold `PIECE_BYTES` together, and the
   * last may be cut. null: it cannot be read along; who asks for it alone is told why. Absent where none was asked for.
   */
  more?: (RunFilePiece | null)[];
}

export interface WriteRunFileInput extends OfRunFiles {
  /** SHA-256 (hex) of the whole request, which is its name as well. */
  sha256: string;
  /** Bytes of the whole. */
  size: number;
  offset: number;
  /** A piece, compressed with gzip, in base64; empty to ask only what is there. */
  data: string;
}

export interface WrittenRunFile {
  /** The whole is there, with its digest. */
  complete: boolean;
  /** Where it lies, for `request_file`. */
  path: string;
}

export interface FileActivities {
  readRunFile(input: ReadRunFileInput): Promise<RunFilePiece>;
  writeRunFile(input: WriteRunFileInput): Promise<WrittenRunFile>;
}
