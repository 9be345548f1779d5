/** Which session a command gets: on a server that is there, or on a private one with its workers. */
import type { Io } from './io.js';
import { joinSession, type RunPlace, type Session, type SessionOptions } from './session.js';
import { targetOfRun } from './target.js';

/**
 * A client on the server to use; a private server and its workers are started where there is none.
 *
 * @throws NoServer, OtherServer, NoServerBinary, ServerStartFailed.
 */
export const openSession = async (io: Io, place: RunPlace, options: SessionOptions): Promise<Session> => {
  const target = await targetOfRun(io, options, place.runDir);
  if (target !== null) return joinSession(target);
  // Workers take half a second to load: only where they run.
  const { openPrivate } = await import('./private-session.js');
  return openPrivate(io, place, options);
};
