/** An earlier run as its directory tells it, which is only read (docs/continuing.md). */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkFormat } from '../../state/format.js';
import { errorCode, StateCorrupt, StorageFailed } from '../../state/errors.js';
import { readBytesIfThere, readIfThere } from '../../state/files.js';
import { readIdentity, type RunIdentity } from '../../state/identity.js';
import { readContinuedIfThere, type Continued } from '../../state/continued-file.js';
import { recordPath, requestPath, runnerDir } from '../../state/paths.js';
import type { Stage } from '../../wire/stages.js';
import type { FileReference } from '../../wire/failure.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import type { TaskRecordReference } from '../task/task-record.js';

/** One try of one batch that has left something. */
export interface EarlierTry {
  key: string;
  position: number;
  stage: Stage;
  batch: number;
  try: number;
  /** What was seen of it was published. */
  hasEvidence: boolean;
}

export interface EarlierRun {
  dir: string;
  uuid: string;
  identity: RunIdentity;
  request: ProcessWorkflowRequest;
  /** What it has itself taken over from one before it. */
  continued: Continued | null;
  tries: EarlierTry[];
}

/** It is no run that could be continued; the message says why, as what came instead. */
export class NotContinuable extends Error {
  override readonly name = 'NotContinuable';
}

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new StorageFailed(folder, 'cannot list', error);
  }
};

/** `{16 digits of the uuid}-{position}{f or c}-{batch}-{try}{part}` (docs/files.md). */
const KEY = /^[0-9a-f]{16}-(\d{3,})([fc])-(\d{6,})-(\d+)(?:[a-z][a-z0-9]*)?$/;

/** A name that says nothing may be that of units which have begun: nobody may pass it over. */
const parseKey = (folder: string, key: string, hasEvidence: boolean): EarlierTry => {
  const match = KEY.exec(key);
  if (match === null) throw new StateCorrupt(join(folder, key), 'is named after no try of a batch');
  const [, position, stage, batch, attempt] = match;
  return {
    ...{ key, hasEvidence },
    position: Number(position),
    stage: stage === 'f' ? 'first' : 'compute',
    batch: Number(batch),
    try: Number(attempt),
  };
};

const triesIn = async (dir: string, uuid: string): Promise<EarlierTry[]> => {
  const own = uuid.replaceAll('-', '').slice(0, 16);
  const begins = (name: string): boolean => name.startsWith(`${own}-`);
  const evidence = join(runnerDir(dir), 'evidence');
  const files = (await Promise.all([evidence, join(evidence, '..', 'outcomes')].map(namesIn))).flat();
  // One that was never finished has a temporary name.
  const ended = files
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length));
  const seen = new Set(ended.filter(begins));
  const batches = join(runnerDir(dir), 'batches');
  const begun = (await namesIn(batches)).filter((key) => begins(key) && !seen.has(key));
  return [
    ...[...seen].map((key) => parseKey(evidence, key, true)),
    ...begun.map((key) => parseKey(batches, key, false)),
  ].sort((left, right) => left.try - right.try || left.batch - right.batch);
};

const isFolder = async (dir: string): Promise<boolean> => {
  try {
    await readdir(dir);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return false;
    throw new StorageFailed(dir, 'cannot look at', error);
  }
};

/**
 * @throws NotContinuable when no run was opened there, NewerFormat for one of a newer release, StorageFailed.
 */
export const readEarlierRun = async (dir: string): Promise<EarlierRun> => {
  if (!(await isFolder(dir))) throw new NotContinuable(`${dir}, which is no folder that the worker can read`);
  const identity = await readIdentity(dir);
  const uuid = identity?.uuid ?? null;
  if (identity === null || uuid === null) throw new NotContinuable(`${dir}, which is no directory of a run`);
  checkFormat(dir, identity);
  const text = await readIfThere(requestPath(dir));
  if (text === null) throw new NotContinuable(`${dir}, whose run was never opened: nothing of it was done`);
  let request: ProcessWorkflowRequest;
  try {
    request = JSON.parse(text) as ProcessWorkflowRequest;
  } catch {
    throw new StateCorrupt(requestPath(dir), 'is damaged: it holds no JSON');
  }
  const continued = (await readContinuedIfThere(dir))?.continued ?? null;
  return { dir, uuid, identity, request, continued, tries: await triesIn(dir, uuid) };
};

/** A reference into the directory, where that lies now: it may have been moved since. */
export const within = ({ dir }: Pick<EarlierRun, 'dir'>, reference: FileReference): FileReference => {
  const at = reference.path.lastIndexOf('/.runner/');
  return at === -1 ? reference : { ...reference, path: join(dir, reference.path.slice(at)) };
};

const RECORD = /^(\d{6,})(?:[.-](\d+))?\.json$/;

/** What was recorded last of the task at a position; null where it was never applied. */
export const recordOf = async (
  { dir }: Pick<EarlierRun, 'dir'>,
  position: number,
): Promise<TaskRecordReference | null> => {
  const first = recordPath(dir, position);
  const folder = join(first, '..');
  const mine = (await namesIn(folder))
    .map((name) => ({ name, match: RECORD.exec(name) }))
    .filter(({ match }) => match !== null && `${match[1] ?? ''}.json` === basename(first))
    .map(({ name, match }) => ({ name, generation: Number(match?.[2] ?? 0) }))
    .sort((left, right) => left.generation - right.generation);
  const last = mine.at(-1);
  if (last === undefined) return null;
  const path = join(folder, last.name);
  const bytes = await readBytesIfThere(path);
  try {
    return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as TaskRecordReference);
  } catch {
    throw new StateCorrupt(path, 'is damaged: it holds no JSON');
  }
};
