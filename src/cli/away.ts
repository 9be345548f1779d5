/** Errors that say that a run's server cannot be asked; its directory may still tell what there is to tell. */
import { NoServer } from '../server/connection/no-server.js';
import { ServerElsewhere, UpServerSilent } from '../server/up-server.js';
import { OtherServer } from './exit-codes.js';

/** The server is not there, or does not answer. */
export const isAway = (error: unknown): error is Error =>
  error instanceof NoServer || error instanceof UpServerSilent || error instanceof ServerElsewhere;

/** The server is away, or the one that was given does not hold the run. */
export const isUnasked = (error: unknown): error is Error => isAway(error) || error instanceof OtherServer;

/** Of a run that its directory knows and its server does not. */
export const FORGOTTEN = 'The server does not know this run (any more): told from its directory.';

export const LOST =
  'It had not ended: it was deleted from the server, or began after the backup that the server was restored from. ' +
  'Nobody goes on with it; what it has started may still run.';
