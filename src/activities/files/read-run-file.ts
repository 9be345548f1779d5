/** `readRunFile`: a piece of a public file of a run, or the names in one of its public folders. */
import { createHash } from 'node:crypto';
import { readdir, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sha256 } from '../../state/files.js';
import { isPublicEntry, publicParts } from '../../state/public-names.js';
import {
  MORE_PIECES,
  PIECE_BYTES,
  type ReadRunFileInput,
  type RunFilePiece,
  type WantedPiece,
} from '../../wire/run-file.js';
import { DIGESTS_REMEMBERED } from '../tunables.js';
import { inFolder, openInside } from './open-inside.js';
import { RunFileRefused } from '../errors.js';

const compress = promisify(gzip);

const missing: RunFilePiece = { kind: 'missing', size: 0, offset: 0, sha256: null, data: '' };

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

interface Piece {
  path: string;
  parts: string[];
  offset: number;
  length: number;
  wantsDigest: boolean;
}

/** Other clients may send anything. */
const checkedDir = (dir: unknown): string => {
  if (typeof dir !== 'string' || !dir.startsWith('/'))
    throw new RunFileRefused('workflow_dir: expected the absolute path of a run’s directory');
  return dir;
};

const checkedMore = (more: unknown = []): WantedPiece[] => {
  const isList = Array.isArray(more) && more.length <= MORE_PIECES;
  if (!isList || more.some((one) => typeof one !== 'object' || one === null))
    throw new RunFileRefused(`more: expected a list of at most ${MORE_PIECES} pieces`);
  return more as WantedPiece[];
};

const checked = (dir: string, wanted: WantedPiece): Piece => {
  const given: Partial<Record<keyof WantedPiece, unknown>> = { ...wanted };
  const { path, offset = 0, length = PIECE_BYTES, digest } = given;
  if (typeof path !== 'string') throw new RunFileRefused('path: expected the name of a file of the run');
  if (!isCount(offset)) throw new RunFileRefused('offset: expected a number of bytes');
  if (!isCount(length) || length > PIECE_BYTES)
    throw new RunFileRefused(`length: expected a number of bytes, at most ${PIECE_BYTES}`);
  const parts = publicParts(dir, path);
  if (parts === null)
    throw new RunFileRefused(
      `${path} is no public file of the run in ${dir}: result.json, events.jsonl, workflow.log and the files in its tasks' folders are`,
    );
  return { path, parts, offset, length, wantsDigest: digest !== false };
};

const digestOf = async (file: FileHandle, size: number): Promise<string> => {
  const hash = createHash('sha256');
  // No larger than the file: hundreds of logs of a few bytes are asked for at a time.
  const buffer = Buffer.alloc(Math.min(size, PIECE_BYTES));
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
};

/** Of files that are read in many pieces the digest is made once, as long as the file stays as it is. */
const digests = (): ((file: FileHandle) => Promise<string>) => {
  const known = new Map<string, string>();
  return async (file) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
    // Of one that is read in one piece it is not wanted again.
    if (size <= PIECE_BYTES) return digestOf(file, Number(size));
    const name = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const digest = known.get(name) ?? (await digestOf(file, Number(size)));
    known.set(name, digest);
    const [oldest] = known.keys();
    if (known.size > DIGESTS_REMEMBERED && oldest !== undefined) known.delete(oldest);
    return digest;
  };
};

const namesIn = async (folder: FileHandle, parts: readonly string[]): Promise<Buffer> => {
  const entries = await readdir(inFolder(folder, ''), { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .filter((entry) => isPublicEntry(parts, entry.name, entry.isDirectory()))
    .map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}\n`);
  return Buffer.from(names.sort().join(''));
};

const pieceOf = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const piece = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(piece, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return piece.subarray(0, read);
};

const encoded = async (bytes: Buffer): Promise<string> =>
  bytes.length === 0 ? '' : (await compress(bytes)).toString('base64');

interface ReadPiece {
  piece: RunFilePiece;
  /** Of the file, before they are compressed. */
  bytes: number;
}

const read = async (
  dir: string,
  { path, parts, offset, length, wantsDigest }: Piece,
  digestOfFile: (file: FileHandle) => Promise<string>,
): Promise<ReadPiece> => {
  const file = await openInside(dir, parts);
  if (file === null) return { piece: missing, bytes: 0 };
  try {
    const about = await file.stat();
    if (about.isDirectory()) {
      const names = await namesIn(file, parts);
      const part = names.subarray(offset, offset + length);
      const digest = wantsDigest ? sha256(names) : null;
      const piece = { size: names.length, offset, sha256: digest, data: await encoded(part) };
      return { piece: { kind: 'folder', ...piece }, bytes: part.length };
    }
    if (!about.isFile()) throw new RunFileRefused(`${path} is no file`);
    const part = await pieceOf(file, offset, Math.max(0, Math.min(length, about.size - offset)));
    const piece = { size: about.size, offset, data: await encoded(part) };
    const digest = wantsDigest ? await digestOfFile(file) : null;
    return { piece: { kind: 'file', ...piece, sha256: digest }, bytes: part.length };
  } finally {
    await file.close();
  }
};

/** Creates the activity of one worker. It throws RunFileRefused, StorageFailed, and errors of the file system. */
export const fileReader = (): ((input: ReadRunFileInput) => Promise<RunFilePiece>) => {
  const digestOfFile = digests();
  return async (input) => {
    const dir = checkedDir(input.workflow_dir);
    const more = checkedMore(input.more);
    const { piece, bytes } = await read(dir, checked(dir, input), digestOfFile);
    if (input.more === undefined) return piece;
    const along: (RunFilePiece | null)[] = [];
    let room = PIECE_BYTES - bytes;
    for (const wanted of more) {
      if (room === 0) break;
      try {
        const asked = checked(dir, wanted);
        const got = await read(dir, { ...asked, length: Math.min(asked.length, room) }, digestOfFile);
        room -= got.bytes;
        along.push(got.piece);
      } catch {
        along.push(null);
      }
    }
    return { ...piece, more: along };
  };
};
