/** `writeRunFile`: takes a request that is too large to travel, in pieces, before its run is started. */
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorCode, StateCorrupt, StorageFailed } from '../../state/errors.js';
import { publishState, readBytesIfThere, sha256 } from '../../state/files.js';
import { makeFolder, makeInnerFolder } from '../../state/folders.js';
import { runnerDir, spillPath } from '../../state/paths.js';
import { fileMode } from '../../state/rights.js';
import { PIECE_BYTES, type WriteRunFileInput, type WrittenRunFile } from '../../wire/run-file.js';
import { LARGEST_SPILL_BYTES } from '../tunables.js';
import { RunFileRefused } from '../errors.js';

const expand = promisify(gunzip);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Other clients may send anything. */
const check = (input: WriteRunFileInput): void => {
  const given: Partial<Record<keyof WriteRunFileInput, unknown>> = { ...input };
  if (typeof given.workflow_dir !== 'string' || !given.workflow_dir.startsWith('/'))
    throw new RunFileRefused('workflow_dir: expected the absolute path of a run’s directory');
  if (typeof given.sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(given.sha256))
    throw new RunFileRefused('sha256: expected 64 hexadecimal digits');
  if (!isCount(given.size) || given.size > LARGEST_SPILL_BYTES)
    throw new RunFileRefused(`size: expected a number of bytes, at most ${LARGEST_SPILL_BYTES}`);
  if (!isCount(given.offset) || given.offset > given.size)
    throw new RunFileRefused('offset: expected a number of bytes, at most the size');
  if (typeof given.data !== 'string') throw new RunFileRefused('data: expected text in base64');
};

const pieceOf = async ({ data, offset, size }: WriteRunFileInput): Promise<Buffer> => {
  if (data === '') return Buffer.alloc(0);
  let piece: Buffer;
  try {
    piece = await expand(Buffer.from(data, 'base64'), { maxOutputLength: PIECE_BYTES });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RunFileRefused(`data: expected at most ${PIECE_BYTES} bytes, with gzip and in base64: ${why}`);
  }
  if (offset + piece.length > size) throw new RunFileRefused('data: it goes beyond the size');
  return piece;
};

const isThere = async (path: string, digest: string): Promise<boolean> => {
  const bytes = await readBytesIfThere(path);
  return bytes !== null && sha256(bytes) === digest;
};

const writePiece = async (path: string, piece: Buffer, offset: number): Promise<void> => {
  try {
    const handle = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW,
      fileMode(),
    );
    try {
      let written = 0;
      while (written < piece.length) {
        const left = piece.length - written;
        written += (await handle.write(piece, written, left, offset + written)).bytesWritten;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new StorageFailed(path, 'cannot write', error);
  }
};

const refuseUnusable = (error: unknown): never => {
  const isUnusable =
    (error instanceof StorageFailed && error.isPermanent) ||
    error instanceof StateCorrupt ||
    ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG'].includes(errorCode(error) ?? '');
  if (isUnusable && error instanceof Error) throw new RunFileRefused(error.message);
  throw error;
};

/** @throws RunFileRefused, StorageFailed. */
export const writeRunFile = async (input: WriteRunFileInput): Promise<WrittenRunFile> => {
  check(input);
  const { workflow_dir: dir, sha256: digest, size, offset } = input;
  const path = spillPath(dir, digest);
  const piece = await pieceOf(input);
  try {
    if (await isThere(path, digest)) return { complete: true, path };
    if (piece.length === 0 && size > 0) return { complete: false, path };
    await makeFolder(dir);
    await makeInnerFolder(runnerDir(dir));
    await makeInnerFolder(dirname(path));
    const parts = `${path}.parts`;
    await writePiece(parts, piece, offset);
    if (offset + piece.length < size) return { complete: false, path };
    const whole = await readBytesIfThere(parts);
    if (whole === null || whole.length !== size || sha256(whole) !== digest)
      throw new RunFileRefused(
        `the pieces of ${path} are not what its digest says: send all of them, in order`,
      );
    await publishState(path, [whole.toString('utf8')]);
    await unlink(parts).catch(() => undefined);
    return { complete: true, path };
  } catch (error) {
    return refuseUnusable(error);
  }
};
