/** Every number of this area in one place, each with its reason. */

/** AES-256. */
export const KEY_BYTES = 32;

/** What GCM is made for: 96 bits, drawn anew for each payload. */
export const NONCE_BYTES = 12;

/** GCM's full tag. */
export const TAG_BYTES = 16;

/** Between two looks whether the file of the key ring has changed: a rotation arrives within this, without a restart. */
export const KEY_FILE_LOOK_MS = 10_000;

/** Where the codec server listens unless told otherwise: beside the Web UI's usual 8233. */
export const CODEC_SERVER_PORT = 8234;

/** A page of the Web UI sends a history's payloads at once; a history has at most 50 MiB, a third more as base64. */
export const CODEC_BODY_BYTES = 80 * 1024 * 1024;
