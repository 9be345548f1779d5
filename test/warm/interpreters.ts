/** Interpreters of this machine, one of each version that the server is written for. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const MINORS = [9, 10, 11, 12, 13, 14];
const VERSION_MANAGERS = [
  join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions'),
  join(homedir(), '.local', 'share', 'uv', 'python'),
];

const foldersOf = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

/** Debian's, one that was built here, and those of version managers: the programs themselves, no wrappers. */
const folders = ['/usr', '/usr/local', ...VERSION_MANAGERS.flatMap(foldersOf)];

/** Version and path. */
export const interpreters = MINORS.flatMap((minor): [version: string, path: string][] => {
  const path = folders
    .map((folder) => join(folder, 'bin', `python3.${minor}`))
    .find((file) => existsSync(file));
  return path === undefined ? [] : [[`3.${minor}`, path]];
});
