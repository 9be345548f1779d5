/** What a batch script is told when its units may be forked from a warm interpreter (src/batch/launchers/warm.sh). */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { quoteWord } from '../batch/quote.js';
import { serverFile, serverText, serverVersion } from './server-text.js';
import { IDLE_SECONDS, MARK, MAX_SERVER_BYTES } from './tunables.js';

/** What a server on a host may use; in place of those in tunables.ts. */
export interface WarmLimits {
  /** It ends when it has not been used for so long. */
  idleSeconds?: number;
  /** Memory of all servers of a worker. */
  maxBytes?: number;
}

/** Where the servers of a script's units are. */
export type WarmPlace =
  /** On this host, in `root`, alive over batches; units hold a lock on `lock` besides the batch's own. */
  | { kind: 'host'; root: string; lock: string; cacheFolder: string; limits?: WarmLimits }
  /** Within the job that the script is, ended with it. */
  | { kind: 'job'; cacheFolder: string };

/** What was learned of an environment, by its interpreter. */
export const warmCacheFile = (folder: string, python: string): string =>
  join(folder, `${createHash('sha256').update(python).digest('hex').slice(0, 24)}.txt`);

const END = 'end of server.py';

/** Nodes need not see this package: the program travels in the script. */
const embedded = ['ft_warm_write_server() {', `  cat <<'${END}'`, serverText.trimEnd(), END, '}'];

export const warmLines = (place: WarmPlace, command: readonly string[]): string[] => {
  const onHost = place.kind === 'host';
  const { idleSeconds = IDLE_SECONDS, maxBytes = MAX_SERVER_BYTES } = (onHost && place.limits) || {};
  return [
    `ft_warm_job=${onHost ? '' : '1'}`,
    `ft_warm_root=${quoteWord(onHost ? place.root : '')}`,
    `ft_warm_lock=${quoteWord(onHost ? place.lock : '')}`,
    `ft_warm_server=${quoteWord(onHost ? serverFile : '')}`,
    `ft_warm_version=${serverVersion}`,
    `ft_warm_cache=${quoteWord(warmCacheFile(place.cacheFolder, command[0] ?? ''))}`,
    `ft_warm_idle_seconds=${onHost ? idleSeconds : 0}`,
    `ft_warm_max_bytes=${onHost ? maxBytes : 0}`,
    `ft_warm_mark=${MARK}`,
    ...(onHost ? [] : embedded),
  ];
};
