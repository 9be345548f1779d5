/** The command line of the embedded server: pure, options in, arguments out. */
import { SEARCH_ATTRIBUTES } from '../wire/names.js';
import { CACHED_STATES, CACHED_STATE_MINUTES, QUEUE_POLL_MAX_RPS } from './tunables.js';

const typeNames = { KEYWORD: 'Keyword', INT: 'Int' } as const;

/** The search attributes with their types as Temporal's command line spells them. */
export const searchAttributes: Readonly<Record<string, 'Keyword' | 'Int'>> = Object.fromEntries(
  Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, typeNames[type]]),
);

export interface StartDevOptions {
  port: number;
  uiPort: number;
  /** SQLite file; null keeps everything in memory. */
  dbFile: string | null;
  namespace: string;
  /** Dynamic configuration of the server beside our own, e.g. `limit.historyCount.suggestContinueAsNew`. */
  dynamicConfig?: Record<string, string>;
}

/** Beside docker-compose.yml's server (deploy/temporal/dynamicconfig). */
const settings: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['transfer', 'timer', 'visibility'].map((queue) => [
      `history.${queue}ProcessorMaxPollRPS`,
      String(QUEUE_POLL_MAX_RPS),
    ]),
  ),
  'history.hostLevelCacheMaxSize': String(CACHED_STATES),
  'history.cacheTTL': `"${CACHED_STATE_MINUTES}m"`,
  'history.cacheBackgroundEvict': JSON.stringify({ Enabled: true }),
};

/** WAL and `synchronous=normal` halve the cost of an activity; a power cut may lose the last moments, a crash nothing. */
const database = (file: string): string[] => [
  ...['--db-filename', file],
  ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
];

/** Arguments of `temporal` that start the server; it listens on 127.0.0.1 only. */
export const startDevArguments = ({
  port,
  uiPort,
  dbFile,
  namespace,
  dynamicConfig = {},
}: StartDevOptions): string[] => [
  ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
  ...['--namespace', namespace, '--log-level', 'error', '--ui-disable-news-fetch'],
  // The user's own temporal.toml and TEMPORAL_* are for clients; they must not reach this server.
  ...['--disable-config-file', '--disable-config-env'],
  ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ...Object.entries({ ...settings, ...dynamicConfig }).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ]),
  ...(dbFile === null ? [] : database(dbFile)),
];
