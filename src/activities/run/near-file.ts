/** Of a file that is not there: one beside it of nearly the same name. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { closestTo } from '../../validation/did-you-mean.js';

/** Its path; null where nothing is near. */
export const nearFile = async (path: string): Promise<string | null> => {
  const names = await readdir(dirname(path)).catch(() => []);
  const near = closestTo(basename(path), names);
  return near === null ? null : join(dirname(path), near);
};

/** ` (did you mean DIR/NAME?)`, empty where nothing is near. */
export const didYouMeanFile = async (path: string): Promise<string> => {
  const near = await nearFile(path);
  return near === null ? '' : ` (did you mean ${near}?)`;
};
