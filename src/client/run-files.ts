/** Files of a run, wherever its directory is: here, or where only its workers see it (docs/from-afar.md). */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { fileTail } from '../state/file-tail.js';
import { lastLines } from '../state/plain-text.js';
import { TAIL_LINE_CHARACTERS } from '../state/tunables.js';
import { errorCode } from '../state/errors.js';
import { sha256 } from '../state/files.js';
import { readIdentity } from '../state/identity.js';
import { AT_ONCE } from '../state/read-file.js';
import { PIECE_BYTES, type OfRunFiles, type RunFilePiece } from '../wire/run-file.js';
import { READ_RUN_FILE_TYPE } from '../wire/run-file.js';
import { askTogether } from './ask-together.js';
import { askFileWorkers, RunFileError } from './file-workers.js';
import { activityQueueOfRun, directoryOfRun } from './start-argument.js';
import { READS_OF_A_CHANGING_FILE, TAIL_BYTES } from './tunables.js';

const expand = promisify(gunzip);

/** Public files of one run; paths are relative to its directory, or absolute and below it. */
export interface RunFiles {
  /** The run's directory, as its worker sees it. */
  readonly dir: string;
  /** false: through the run's workers. */
  readonly here: boolean;
  /** The whole of a file; null while it is not there. */
  read(path: string): Promise<Buffer | null>;
  /** Some bytes from an offset on; from a negative one, counted from the end. None at the end, null while it is not there. */
  piece(path: string, offset: number): Promise<Buffer | null>;
  /** The last lines of a file as people read them (src/state/file-tail.ts); null where there are none to be had. */
  tail(path: string, lines: number): Promise<string | null>;
  /** Names in a folder, sorted; none while it is not there. */
  list(folder: string): Promise<string[]>;
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');

const nullIfMissing = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const inside = (dir: string, path: string): string => (path.startsWith('/') ? path : join(dir, path));

const pieceHere = async (path: string, offset: number): Promise<Buffer | null> => {
  const handle = await open(path, constants.O_RDONLY | AT_ONCE);
  try {
    const about = await handle.stat();
    if (!about.isFile()) return null;
    const from = offset < 0 ? Math.max(0, about.size + offset) : offset;
    const piece = Buffer.alloc(PIECE_BYTES);
    const { bytesRead } = await handle.read(piece, 0, piece.length, from);
    return piece.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** Whole, as pieces come. */
const whole = async (read: (offset: number) => Promise<Buffer | null>): Promise<Buffer | null> => {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const piece = await read(at);
    if (piece === null) return null;
    if (piece.length === 0) return Buffer.concat(pieces);
    pieces.push(piece);
    at += piece.length;
  }
};

/** A run whose directory this machine sees. */
export const filesHere = (dir: string): RunFiles => {
  const piece: RunFiles['piece'] = (path, offset) =>
    nullIfMissing(() => pieceHere(inside(dir, path), offset));
  return {
    ...{ dir, here: true, piece },
    read: (path) => whole((offset) => piece(path, offset)),
    list: async (folder) => ((await nullIfMissing(() => readdir(inside(dir, folder)))) ?? []).sort(),
    tail: (path, lines) => fileTail(inside(dir, path), lines),
  };
};

const bytesOf = async ({ data }: RunFilePiece): Promise<Buffer> =>
  data === '' ? Buffer.alloc(0) : expand(Buffer.from(data, 'base64'));

/** A run whose directory only its workers see. */
const filesAfar = (client: Client, of: OfRunFiles, workflowQueue: string): RunFiles => {
  const ask = askTogether((input) =>
    askFileWorkers<RunFilePiece>(
      client,
      READ_RUN_FILE_TYPE,
      { ...of, ...input },
      workflowQueue,
      randomUUID(),
    ),
  );
  const sizeOf = async (path: string): Promise<number> =>
    (await ask({ path, length: 0, digest: false })).size;
  const piece: RunFiles['piece'] = async (path, offset) => {
    const from = offset < 0 ? Math.max(0, (await sizeOf(path)) + offset) : offset;
    const got = await ask({ path, offset: from, digest: false });
    return got.kind === 'file' ? bytesOf(got) : null;
  };
  /** Its last bytes; a piece that travels with others may be shorter than that. */
  const endOf = async (path: string, most: number): Promise<Buffer | null> => {
    const size = await sizeOf(path);
    const pieces: Buffer[] = [];
    for (let at = Math.max(0, size - most); at < size;) {
      const bytes = await piece(path, at);
      if (bytes === null) return null;
      if (bytes.length === 0) break;
      pieces.push(bytes);
      at += bytes.length;
    }
    return pieces.length === 0 ? piece(path, 0) : Buffer.concat(pieces);
  };
  /** A file that is written to meanwhile has another digest at the end than at the beginning. */
  const readOnce = async (
    path: string,
  ): Promise<{ bytes: Buffer; kind: RunFilePiece['kind'] } | 'changed'> => {
    const first = await ask({ path });
    const pieces = [await bytesOf(first)];
    let last = first;
    for (let at = pieces[0]?.length ?? 0; at < last.size;) {
      last = await ask({ path, offset: at });
      const bytes = await bytesOf(last);
      if (bytes.length === 0) return 'changed';
      pieces.push(bytes);
      at += bytes.length;
    }
    const bytes = Buffer.concat(pieces);
    if (last.kind !== 'missing' && sha256(bytes) !== last.sha256) return 'changed';
    return { bytes, kind: last.kind };
  };
  const read = async (path: string): Promise<{ bytes: Buffer; kind: RunFilePiece['kind'] }> => {
    for (let attempt = 0; attempt < READS_OF_A_CHANGING_FILE; attempt++) {
      const got = await readOnce(path);
      if (got !== 'changed') return got;
    }
    throw new RunFileError(`${path} changes while it is read; try again when it does not`);
  };
  return {
    ...{ dir: of.workflow_dir, here: false, piece },
    read: async (path) => {
      const { bytes, kind } = await read(path);
      return kind === 'file' ? bytes : null;
    },
    tail: async (path, lines) => {
      // A tail is an extra, and no reason to fail.
      const end = await endOf(path, TAIL_BYTES).catch(() => null);
      return end === null ? null : lastLines(end.toString('utf8'), lines, TAIL_LINE_CHARACTERS);
    },
    list: async (folder) => {
      const { bytes, kind } = await read(folder);
      if (kind !== 'folder') return [];
      return bytes
        .toString('utf8')
        .split('\n')
        .filter((name) => name !== '')
        .map((name) => name.replace(/\/$/, ''));
    },
  };
};

/** Whether the directory that this machine sees is that of the run: a path of the same name may be another one. */
const isHere = async (dir: string, workflowId: string): Promise<boolean> =>
  (await readIdentity(dir).catch(() => null))?.workflow_id === workflowId;

/**
 * Files of a run of the server: here where this machine sees its directory, else through its workers.
 *
 * @throws RunFileError when nobody knows its directory or its queue any more.
 */
export const filesOfRun = async (client: Client, handle: WorkflowHandle): Promise<RunFiles> => {
  const dir = await directoryOfRun(client, handle);
  if (dir === null) throw new RunFileError(`The request of run ${handle.workflowId} names no directory.`);
  if (await isHere(dir, handle.workflowId)) return filesHere(dir);
  const queue = await activityQueueOfRun(client, handle);
  if (queue === null)
    throw new RunFileError(
      `The server does not know any more which workers see ${dir}, and it is not to be seen from here.`,
    );
  const { taskQueue } = await handle.describe();
  return filesAfar(client, { workflow_dir: dir, activity_task_queue: queue }, taskQueue);
};
