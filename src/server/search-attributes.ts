/** The search attributes of a run: registering them where that is permitted, and asking which there are. */
import type { Connection } from '@temporalio/client';
import { searchAttributes } from './start-dev.js';
import { ATTRIBUTES_HOLD_MS, MISSING_ATTRIBUTES_HOLD_MS } from './tunables.js';

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
 * `knownSearchAttributes` for whoever asks again and again: an answer holds for a while, and several at once ask once.
 *
 * @param now milliseconds of a clock that never goes back.
 */
export const rememberSearchAttributes = (
  connection: Services,
  namespace: string,
  now: () => number = () => performance.now(),
): (() => Promise<string[]>) => {
  let answer = Promise.resolve<string[]>([]);
  let until = -Infinity;
  return () => {
    if (now() < until) return answer;
    until = Infinity;
    answer = knownSearchAttributes(connection, namespace).then((names) => {
      const isAll = names.length === Object.keys(searchAttributes).length;
      until = now() + (isAll ? ATTRIBUTES_HOLD_MS : MISSING_ATTRIBUTES_HOLD_MS);
      return names;
    });
    return answer;
  };
};

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
