/** What the connection's own settings have wrong: found before any server is asked. */

/** A setting of the connection (environment, profile, TLS file) that cannot be meant so; the message names it. */
export class ConnectionSettingsError extends Error {
  override readonly name = 'ConnectionSettingsError';
}

/** Of a server that answers and does not have it. */
export const noNamespace = (namespace: string): string =>
  `There is no namespace "${namespace}" on this server: look at --namespace, TEMPORAL_NAMESPACE and the profile; ` +
  '`fractal-temporal doctor` lists those that are there.';

/** What went wrong, in the words of whatever was thrown. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
