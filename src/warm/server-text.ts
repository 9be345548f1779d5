/** The program that forks units from warmed interpreters (src/warm/server/), as text. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const built = beside('server.py');

/** One file, made of its parts when the package is built; who runs from its sources has that of the last build. */
export const serverFile = existsSync(built) ? built : beside('../../dist/warm/server.py');

export const serverText = readFileSync(serverFile, 'utf8');

/** Batches of two versions of this package do not share a server. */
export const serverVersion = createHash('sha256').update(serverText).digest('hex').slice(0, 16);
