/** `readRunFile`: a piece of a public file of a run, or the names in one of its public folders. */
import { createHash } from 'node:crypto';
import { readdir, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sha256 } from '../../state/files.js';
import { isPublicEntry, publicParts } from '../../state/public-names.js';
import { PIECE_BYTES, type ReadRunFileInput, type RunFilePiece } from '../../wire/run-file.js';
import { DIGESTS_REMEMBERED } from '../tunables.js';
import { inFolder, openInside } from './open-inside.js';
import { RunFileRefused } from '../errors.js';

const compress = promisify(gzip);

const missing: RunFilePiece = { kind: 'missing', size: 0, offset: 0, sha256: null, data: '' };

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

interface Piece {
  parts: string[];
  offset: number;
  length: number;
}

/** Other clients may send anything. */
const checked = (input: ReadRunFileInput): Piece => {
  const given: Partial<Record<keyof ReadRunFileInput, unknown>> = { ...input };
  const { workflow_dir: dir, path, offset = 0, length = PIECE_BYTES } = given;
  if (typeof dir !== 'string' || !dir.startsWith('/'))
    throw new RunFileRefused('workflow_dir: expected the absolute path of a run’s directory');
  if (typeof path !== 'string') throw new RunFileRefused('path: expected the name of a file of the run');
  if (!isCount(offset)) throw new RunFileRefused('offset: expected a number of bytes');
  if (!isCount(length) || length > PIECE_BYTES)
    throw new RunFileRefused(`length: expected a number of bytes, at most ${PIECE_BYTES}`);
  const parts = publicParts(dir, path);
  if (parts === null)
    throw new RunFileRefused(
      `${path} is no public file of the run in ${dir}: result.json, events.jsonl, workflow.log and the files in its tasks' folders are`,
    );
  return { parts, offset, length };
};

const digestOf = async (file: FileHandle, size: number): Promise<string> => {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(PIECE_BYTES);
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

/** Creates the activity of one worker. It throws RunFileRefused, StorageFailed, and errors of the file system. */
export const fileReader = (): ((input: ReadRunFileInput) => Promise<RunFilePiece>) => {
  const digestOfFile = digests();
  return async (input) => {
    const { parts, offset, length } = checked(input);
    const file = await openInside(input.workflow_dir, parts);
    if (file === null) return missing;
    const wantsDigest = input.digest !== false;
    try {
      const about = await file.stat();
      if (about.isDirectory()) {
        const names = await namesIn(file, parts);
        return {
          ...{ kind: 'folder', size: names.length, offset },
          sha256: wantsDigest ? sha256(names) : null,
          data: await encoded(names.subarray(offset, offset + length)),
        };
      }
      if (!about.isFile()) throw new RunFileRefused(`${input.path} is no file`);
      const data = await encoded(await pieceOf(file, offset, length));
      return {
        ...{ kind: 'file', size: about.size, offset, data },
        sha256: wantsDigest ? await digestOfFile(file) : null,
      };
    } finally {
      await file.close();
    }
  };
};
