/** Temporal's data converter of clients and workers, with encryption or without. */
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { blindCodec, encryptingCodec, keylessCodec } from './codec.js';
import type { KeySource } from './key-file.js';

const failureConverterPath = fileURLToPath(new URL('failure-converter.cjs', import.meta.url));

/** Whether it is `encryptingConverter`'s, so that workflow code must be bundled with its failures. */
export const isEncrypting = (converter: DataConverter | undefined): boolean =>
  converter?.failureConverterPath === failureConverterPath;

/** Encrypts everything that clients and workers hand to the server as a payload, failures included. */
export const encryptingConverter = (keys: KeySource): DataConverter => ({
  payloadCodecs: [encryptingCodec(keys)],
  failureConverterPath,
});

/** Encrypts nothing; what somebody else has encrypted is an error with words. */
export const keylessConverter: DataConverter = { payloadCodecs: [keylessCodec] };

/** Decodes nothing that is encrypted, and does not mind. */
export const blindConverter: DataConverter = { payloadCodecs: [blindCodec] };
