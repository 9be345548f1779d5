/** The codec server: decodes and encodes payloads over HTTP for the Web UI and the `temporal` program. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { DecryptionError, encryptingCodec } from './codec.js';
import type { KeySource } from './key-file.js';
import { KeyRingError } from './key-ring.js';
import { CODEC_BODY_BYTES } from './tunables.js';

export interface CodecServerOptions {
  keys: KeySource;
  /** Origins of Web UIs whose pages may ask: `http://127.0.0.1:8233`. */
  origins: readonly string[];
  /** What callers have to send as `authorization: Bearer TOKEN`; null: nothing. */
  token: string | null;
}

/** Protobuf's JSON of `temporal.api.common.v1.Payloads`. */
const body = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') }))
    .default([]),
});

const fromJson = ({ metadata, data }: z.output<typeof body>['payloads'][number]): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
});

const base64 = (value: Uint8Array | null | undefined): string => Buffer.from(value ?? []).toString('base64');

const toJson = ({ metadata, data }: Payload): object => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});

/** An answer that is no success. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > CODEC_BODY_BYTES) throw new Refusal(413, `more than ${CODEC_BODY_BYTES} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new Refusal(400, 'the body is no JSON');
  }
};

/** Of one length, whatever is compared. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const checkToken = (request: IncomingMessage, token: string | null): void => {
  if (token === null) return;
  const given = request.headers.authorization ?? '';
  if (timingSafeEqual(digest(given), digest(`Bearer ${token}`))) return;
  throw new Refusal(401, 'authorization: Bearer TOKEN is missing or wrong');
};

/** A page of another origin may not even ask: its request is refused before anything is decrypted. */
const checkOrigin = (
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void => {
  const { origin } = request.headers;
  response.setHeader('vary', 'Origin');
  // Programs send none, browsers always do with a POST.
  if (origin === undefined) return;
  if (!origins.includes(origin))
    throw new Refusal(403, `the origin ${origin} is not allowed (--cors-origin)`);
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
  response.setHeader(
    'access-control-allow-headers',
    'authorization, authorization-extras, content-type, x-csrf-token, x-namespace',
  );
};

type Coding = PayloadCodec['encode'];

const code = async (request: IncomingMessage, coding: Coding): Promise<object> => {
  const parsed = body.safeParse(await readBody(request));
  if (!parsed.success)
    throw new Refusal(400, 'the body is not {"payloads": [{"metadata": {...}, "data": "..."}]}');
  try {
    return { payloads: (await coding(parsed.data.payloads.map(fromJson))).map(toJson) };
  } catch (error) {
    if (error instanceof DecryptionError || error instanceof KeyRingError)
      throw new Refusal(400, error.message);
    throw error;
  }
};

const send = (response: ServerResponse, status: number, value: object | null): void => {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  if (value !== null) response.setHeader('content-type', 'application/json');
  response.end(value === null ? undefined : JSON.stringify(value));
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: CodecServerOptions,
): Promise<void> => {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/healthz' && request.method === 'GET') {
    send(response, 200, { status: 'ok' });
    return;
  }
  checkOrigin(request, response, options.origins);
  const codec = encryptingCodec(options.keys);
  const coding = Object.entries({ '/encode': codec.encode, '/decode': codec.decode }).find(
    ([end]) => path === end,
  )?.[1];
  if (coding === undefined) throw new Refusal(404, 'POST /encode and POST /decode are all that there is');
  if (request.method === 'OPTIONS') {
    send(response, 204, null);
    return;
  }
  if (request.method !== 'POST') throw new Refusal(405, 'POST is expected');
  checkToken(request, options.token);
  send(response, 200, await code(request, coding));
};

/** Makes the server; it listens nowhere yet. */
export const createCodecServer = (options: CodecServerOptions): Server =>
  createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : 500;
      // What is unforeseen may hold what was decrypted.
      send(response, status, { error: error instanceof Refusal ? error.message : 'internal error' });
    });
  });
