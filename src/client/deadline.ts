/** Calls that may hang (a query that no worker answers) with an end. */
import type { Client, Connection } from '@temporalio/client';

/** Runs `call` with a deadline on its requests. */
export const within = <T>(client: Client, milliseconds: number, call: () => Promise<T>): Promise<T> =>
  (client.connection as Connection).withDeadline(Date.now() + milliseconds, call);
