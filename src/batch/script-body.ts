import { readFileSync } from 'node:fs';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** The body of every batch script: batch.sh with the files that it includes in their places. */
export const scriptBody = read('./batch.sh').replaceAll(
  /^#include (\S+)\n/gm,
  (_, file: string) => `${read(`./${file}`)}\n`,
);
