/** The search attributes of a run: registering them where that is permitted, and asking which there are. */
import type { Connection } from '@temporalio/client';
import { searchAttributes } from './start-dev.js';

/** `temporal.api.enums.v1.IndexedValueType` of the types in use. */
const indexedValueType = { Keyword: 2, Int: 3 } as const;

type Services = Pick<Connection, 'operatorService'>;

/** Name and type of those that the server does not know. */
export const missingSearchAttributes = async (
  connection: Services,
  namespace: string,
): Promise<[string, string][]> => {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.entries(searchAttributes).filter(
    ([name, type]) => customAttributes[name] !== indexedValueType[type],
  );
};

const missing = async (connection: Services, namespace: string): Promise<string[]> =>
  (await missingSearchAttributes(connection, namespace)).map(([name]) => name);

/**
 * Names of those that the server knows with the right types: an unknown one would stop a run. A server that does not
 * let us ask counts as knowing none.
 */
export const knownSearchAttributes = async (connection: Services, namespace: string): Promise<string[]> =>
  missing(connection, namespace).then(
    (names) => Object.keys(searchAttributes).filter((name) => !names.includes(name)),
    () => [],
  );

/**
 * Registers those that the server does not know. Never fails: resolves to null when all are there, else to the reason
 * why not (no permission, a limit of the server), for the log.
 */
export const registerSearchAttributes = async (
  connection: Services,
  namespace: string,
): Promise<string | null> => {
  try {
    const names = await missing(connection, namespace);
    if (names.length === 0) return null;
    const wanted = Object.entries(searchAttributes).filter(([name]) => names.includes(name));
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(wanted.map(([name, type]) => [name, indexedValueType[type]])),
    });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
