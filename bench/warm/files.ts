/** Two folders of output, file by file. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Content by name; what names the folder itself, which differs from run to run, is neutral. */
const filesIn = async (folder: string): Promise<Map<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (file: string): Promise<[string, string]> => [
    relative(folder, file),
    (await readFile(file, 'latin1')).replaceAll(folder, '$folder'),
  ];
  return new Map(await Promise.all(files.map(read)));
};

export interface Comparison {
  files: number;
  /** Names of files that differ, or that only one of the two has. */
  different: string[];
}

export const compareFolders = async (left: string, right: string): Promise<Comparison> => {
  const [one, other] = [await filesIn(left), await filesIn(right)];
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return { files: names.length, different: names.filter((name) => one.get(name) !== other.get(name)) };
};
