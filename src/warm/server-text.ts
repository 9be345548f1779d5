/** The program that forks units from warmed interpreters (src/warm/server.py), as text. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const serverFile = fileURLToPath(new URL('server.py', import.meta.url));

export const serverText = readFileSync(serverFile, 'utf8');

/** Batches of two versions of this package do not share a server. */
export const serverVersion = createHash('sha256').update(serverText).digest('hex').slice(0, 16);
