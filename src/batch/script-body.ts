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

/** What of it comes before the batch is touched, with the warm launcher: a server can be started by this alone. */
export const warmUpBody = `${whole.split(/^ft_own$/m)[0] ?? ''}${read('./launchers/warm-server.sh')}`;
