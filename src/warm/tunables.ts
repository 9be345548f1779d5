/** Everything that can be tuned around warm interpreters, each with its reason; the server's own stand in server/head.py. */
import { totalmem } from 'node:os';

/** Between the tasks of a run, and between runs of somebody who tries parameters, a server stays. */
export const IDLE_SECONDS = 600;

/** Of all servers of one worker; least used modules go first. A quarter leaves the units what they need. */
export const MAX_SERVER_BYTES = Math.floor(totalmem() / 4);

/** In place of a batch's key in a server's environment; a unit's own is written over it (PLACEHOLDER in server/head.py). */
export const MARK = '-'.repeat(200);
