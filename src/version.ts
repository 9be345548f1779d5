/** The version of this package. */
import { readFileSync } from 'node:fs';

const read = (): string => {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
};

export const version = read();
