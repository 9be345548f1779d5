/** Which files of a run are public (docs/files.md, "For people"). Pure. */

const AT_TOP: ReadonlySet<string> = new Set(['result.json', 'events.jsonl', 'workflow.log']);

const TASK_FOLDER = /^\d+_/;

/** Whether a folder's entry is public. */
export const isPublicEntry = (folder: readonly string[], name: string, isFolder: boolean): boolean => {
  if (folder.length === 0) return isFolder ? TASK_FOLDER.test(name) : AT_TOP.has(name);
  return folder.length === 1 && !isFolder && !name.endsWith('.tmp');
};

/**
 * The parts of the path of a public file or folder, from the run's directory on; null for any other path.
 *
 * @param path relative to `runDir`, or absolute and below it.
 */
export const publicParts = (runDir: string, path: string): string[] | null => {
  const base = runDir.endsWith('/') ? runDir : `${runDir}/`;
  if (path.startsWith('/') && `${path}/` !== base && !path.startsWith(base)) return null;
  const inside = path.startsWith('/') ? path.slice(base.length) : path;
  const parts = inside.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) return null;
  const [first, second] = parts;
  if (first === undefined) return [];
  if (parts.length === 1) return AT_TOP.has(first) || TASK_FOLDER.test(first) ? parts : null;
  const isPublic = parts.length === 2 && isPublicEntry([], first, true);
  return isPublic && second !== undefined && isPublicEntry([first], second, false) ? parts : null;
};
