/** What `run` works with: a client on a server that others look after, or on one of its own (private-session.ts). */
import { connectClient, type ConnectedClient } from '../client/index.js';
import type { ServerTarget } from '../server/address.js';
import type { BackendOptions } from './backends.js';
import type { ServerOptions } from './io.js';

/**
 * `close` leaves the client's connection open: a call that is under way when it closes (the wait for the run's end)
 * would be tried again on the closed channel, and that throws where nobody can catch it. The process ends anyway.
 */
export interface Session extends ConnectedClient {
  target: ServerTarget;
  /** Restarts a private server that has died; does nothing for others. */
  revive(): Promise<void>;
}

export interface SessionOptions extends ServerOptions, BackendOptions {
  taskQueue?: string;
}

/** The run that a private server is for. */
export interface RunPlace {
  runDir: string;
  backend: string;
  activityQueue: string;
  workflowQueue: string;
}

/** A session on a server that others look after. */
export const joinSession = async (target: ServerTarget): Promise<Session> => {
  const nothing = (): Promise<void> => Promise.resolve();
  return { ...(await connectClient(target)), target, revive: nothing, close: nothing };
};
