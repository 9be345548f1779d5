import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import { encryptingCodec } from '../../src/encryption/codec.js';
import { createCodecServer, type CodecServerOptions } from '../../src/encryption/codec-server.js';
import { sourceOf, testKey } from '../support/keys.js';

const UI = 'http://127.0.0.1:8233';
const keys = sourceOf(testKey('a', 1));

let server: Server;
const start = async (options: Partial<CodecServerOptions> = {}): Promise<string> => {
  server = createCodecServer({ keys, origins: [UI], token: null, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const post = (url: string, value: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });

interface Json {
  metadata: Record<string, string>;
  data: string;
}
const base64 = (value: string | Uint8Array | null | undefined): string =>
  Buffer.from(value ?? []).toString('base64');
const toJson = ({ metadata, data }: Payload): Json => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});
const open: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"secret"') };

describe('the codec server', () => {
  it('decodes what the codec has encoded, encodes anew, and leaves alone what is not encrypted', async () => {
    const url = await start();
    const [encrypted] = await encryptingCodec(keys).encode([open]);
    const decoded = await post(`${url}/decode`, { payloads: [toJson(encrypted as Payload), toJson(open)] });
    expect(await decoded.json()).toEqual({ payloads: [toJson(open), toJson(open)] });
    const encoded = (await (await post(`${url}/encode`, { payloads: [toJson(open)] })).json()) as {
      payloads: Json[];
    };
    expect(encoded.payloads[0]?.metadata['encoding']).toBe(base64('binary/encrypted'));
    expect(await (await post(`${url}/decode`, encoded)).json()).toEqual({ payloads: [toJson(open)] });
    expect(await (await post(`${url}/decode`, {})).json()).toEqual({ payloads: [] });
  });

  it('lets pages of the Web UI ask, and no others', async () => {
    const url = await start();
    const preflight = await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(UI);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-namespace');
    expect((await post(`${url}/decode`, { payloads: [toJson(open)] }, { origin: UI })).status).toBe(200);
    for (const origin of ['http://127.0.0.1:8234', 'http://evil.example', 'null', `${UI}.evil.example`]) {
      const refused = await post(`${url}/decode`, { payloads: [toJson(open)] }, { origin });
      expect(refused.status).toBe(403);
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
      expect((await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin } })).status).toBe(403);
    }
  });

  it('asks for the token, of programs as well; its health is told without', async () => {
    const url = await start({ token: 'sesame' });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await post(`${url}/decode`, { payloads: [] }, headers)).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ authorization: 'Bearer sesame' })).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('names the key that it does not have', async () => {
    const url = await start();
    const [foreign] = await encryptingCodec(sourceOf(testKey('theirs', 5))).encode([open]);
    const answer = await post(`${url}/decode`, { payloads: [toJson(foreign as Payload)] });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('key "theirs"') });
  });

  it('refuses what is no request of its own', async () => {
    const url = await start();
    expect((await post(`${url}/decode`, '{')).status).toBe(400);
    expect((await post(`${url}/decode`, { payloads: [{ data: 'not base64!' }] })).status).toBe(400);
    expect((await post(`${url}/other`, {})).status).toBe(404);
    expect((await fetch(`${url}/decode`)).status).toBe(405);
  });
});
