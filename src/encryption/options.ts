/** Encryption as an option or the environment asks for it. */
import type { DataConverter } from '@temporalio/common';
import { encryptingConverter, keylessConverter } from './converter.js';
import { openKeyFile } from './key-file.js';

/** Path of the key ring where no option gives one. */
export const KEYS_VARIABLE = 'FRACTAL_TEMPORAL_KEYS';

/**
 * The data converter of clients and workers: encrypting with the key ring that `keys` or FRACTAL_TEMPORAL_KEYS names,
 * else without encryption.
 *
 * @throws KeyRingError when the file cannot be used.
 */
export const dataConverterOf = (
  { keys }: { keys?: string },
  env: Readonly<Record<string, string | undefined>>,
): DataConverter => {
  const path = keys ?? env[KEYS_VARIABLE];
  return path ? encryptingConverter(openKeyFile(path)) : keylessConverter;
};
