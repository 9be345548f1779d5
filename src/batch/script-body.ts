import { readFileSync } from 'node:fs';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

const whole = read('./batch.sh').replaceAll(
  /^#include (\S+)\n/gm,
  (_, file: string) => `${read(`./${file}`)}\n`,
);
const WARM_LINES = /^#warm (\S+)\n/gm;

/** The body of every batch script: batch.sh with the files that it includes in their places. */
export const scriptBody = whole.replaceAll(WARM_LINES, '');

/** The body of one whose units may be forked from a warm interpreter (docs/warm-start.md). */
export const warmScriptBody = whole.replaceAll(WARM_LINES, (_, file: string) => `\n${read(`./${file}`)}\n`);

/** What of it stands before all that is about units, what they may read of their share, and how a server is started. */
export const warmUpBody = [
  read('./batch.sh').split(/^#include /m)[0],
  read('./cores.sh'),
  read('./launchers/warm-server.sh'),
].join('\n');
