/** What a run's directory tells of its tasks and units, also while it runs and without a server. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../state/errors.js';
import { readIfThere } from '../state/files.js';
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
const parseRecord = (line: string): UnitRecord[] => {
  try {
    return line === '' ? [] : [JSON.parse(line) as UnitRecord];
  } catch {
    return [];
  }
};

const recordsOf = async (folder: string): Promise<Map<string, UnitRecord>> => {
  const content = (await readIfThere(join(folder, 'units.jsonl'))) ?? '';
  return new Map(
    content
      .split('\n')
      .flatMap(parseRecord)
      .map((record) => [record.log_file, record]),
  );
};

const unitsOfTask = async (folder: string, order: number): Promise<UnitFiles[]> => {
  const records = await recordsOf(folder);
  // Units without a log never started; they are in the records alone.
  const all = await readdir(folder);
  const names = new Set(all.filter((name) => name.endsWith(LOG_SUFFIX)));
  const old = new Map<string, number>();
  for (const name of all) {
    const stem = oldLog.exec(name)?.[1];
    if (stem !== undefined) old.set(stem, (old.get(stem) ?? 0) + 1);
  }
  const paths = new Set([...records.keys(), ...[...names].sort().map((name) => join(folder, name))]);
  return [...paths].map((logFile) => {
    const name = logFile.slice(logFile.lastIndexOf('/') + 1);
    // The single part's files begin with `non_par-` and two dashes follow: nobody wants to type them.
    const stem = name.slice(0, -LOG_SUFFIX.length);
    const label = `${order}/${stem.replace(/-$/, '')}`;
    return { label, order, logFile, oldLogs: old.get(stem) ?? 0, record: records.get(logFile) ?? null };
  });
};

/** Every unit of a run that has a log or a record, in task order; empty when the directory cannot be seen here. */
export const unitFilesOf = async (runDir: string): Promise<UnitFiles[]> => {
  const names = await readdir(runDir).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  });
  const folders = names
    .flatMap((name) => {
      const order = taskFolder.exec(name)?.[1];
      return order === undefined ? [] : [{ order: Number(order), path: join(runDir, name) }];
    })
    .sort((left, right) => left.order - right.order);
  const units: UnitFiles[] = [];
  for (const { order, path } of folders) {
    if ((await stat(path)).isDirectory()) units.push(...(await unitsOfTask(path, order)));
  }
  return units;
};
