/** What a run's directory tells of its tasks and units, also while it runs and without a server. */
import { join } from 'node:path';
import type { RunFiles } from '../client/index.js';
import type { UnitRecord } from '../wire/result.js';

export interface UnitFiles {
  /** `ORDER/NAME`, how `logs` calls it: the task's order and the beginning of the log's name. */
  label: string;
  order: number;
  logFile: string;
  /** Logs of its earlier tries: `-log.{n}.txt`. */
  oldLogs: number;
  /** null while its task is not applied. */
  record: UnitRecord | null;
}

const LOG_SUFFIX = '-log.txt';
const oldLog = /^(.+)-log\.\d+\.txt$/;
const taskFolder = /^(\d+)_/;

/** A line that is cut (power lost) is nobody's record; the others still count. */
const parseRecord = (line: string): UnitRecord | null => {
  try {
    return line === '' ? null : (JSON.parse(line) as UnitRecord);
  } catch {
    return null;
  }
};

interface TaskFolder {
  name: string;
  order: number;
}

interface FolderContent {
  names: string[];
  /** Lines of its records. */
  lines: string[];
}

const recordLines = async (files: RunFiles, folder: string): Promise<string[]> =>
  ((await files.read(`${folder}/units.jsonl`))?.toString('utf8') ?? '').split('\n');

const contentOf = async (run: RunFiles, { name }: TaskFolder): Promise<FolderContent> => {
  const [names, lines] = await Promise.all([run.list(name), recordLines(run, name)]);
  return { names, lines };
};

/** Units with a record in its order; then those that have only begun. */
function* unitsOfTask(
  run: RunFiles,
  { name: folder, order }: TaskFolder,
  { names: all, lines }: FolderContent,
): Generator<UnitFiles> {
  const old = new Map<string, number>();
  for (const name of all) {
    const stem = oldLog.exec(name)?.[1];
    if (stem !== undefined) old.set(stem, (old.get(stem) ?? 0) + 1);
  }
  const files = (logFile: string, record: UnitRecord | null): UnitFiles => {
    const stem = logFile.slice(logFile.lastIndexOf('/') + 1, -LOG_SUFFIX.length);
    // The single part's files begin with `non_par-` and two dashes follow: nobody wants to type them.
    const label = `${order}/${stem.replace(/-$/, '')}`;
    return { label, order, logFile, oldLogs: old.get(stem) ?? 0, record };
  };
  const seen = new Set<string>();
  // Units without a log never started; they are in the records alone.
  for (const line of lines) {
    const record = parseRecord(line);
    if (record === null) continue;
    seen.add(record.log_file);
    yield files(record.log_file, record);
  }
  const logs = all.filter((name) => name.endsWith(LOG_SUFFIX)).sort();
  for (const path of logs.map((name) => join(run.dir, folder, name)))
    if (!seen.has(path)) yield files(path, null);
}

/** Every unit of a run that has a log or a record, in task order; none where its directory is not there. */
export async function* unitFilesIn(run: RunFiles): AsyncGenerator<UnitFiles> {
  const folders = (await run.list(''))
    .flatMap((name) => {
      const order = taskFolder.exec(name)?.[1];
      return order === undefined ? [] : [{ order: Number(order), name }];
    })
    .sort((left, right) => left.order - right.order);
  // From afar it is the way there that takes time: all go it together.
  const contents = run.here ? [] : await Promise.all(folders.map((folder) => contentOf(run, folder)));
  for (const [index, folder] of folders.entries())
    yield* unitsOfTask(run, folder, contents[index] ?? (await contentOf(run, folder)));
}

/** All of them at once. */
export const unitFilesOf = async (run: RunFiles): Promise<UnitFiles[]> => {
  const units: UnitFiles[] = [];
  for await (const unit of unitFilesIn(run)) units.push(unit);
  return units;
};
