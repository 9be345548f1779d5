/** The three search attributes of a run: registering them where that is permitted, and asking whether they are. */
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
 * Whether the server knows all three with the right types. Runs are started without them otherwise, since an unknown
 * one fails the start. A server that does not let us ask counts as no.
 */
export const areRegistered = async (connection: Services, namespace: string): Promise<boolean> =>
  missing(connection, namespace).then(
    (names) => names.length === 0,
    () => false,
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
