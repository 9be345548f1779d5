import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadWithSdk, watchArrival } from '../../src/server/sdk-download.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-temporal-sdk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A network that swallows everything: connections are made, and nothing ever comes back. */
const silentProxy = async (): Promise<{ server: Server; url: string; connections: () => number }> => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, connections: () => connections };
};

describe('downloadWithSdk', () => {
  it('gives up where the network is silent', async () => {
    const { server, url, connections } = await silentProxy();
    try {
      const env = { ...process.env, HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: '', no_proxy: '' };
      const download = downloadWithSdk({ folder, cache: folder, env, say: () => undefined });
      await expect(download).rejects.toThrow('nothing arrived within 3 s');
      expect(connections()).toBeGreaterThan(0);
    } finally {
      server.close();
    }
  });

  it('a refused connection is its reason, each cause once', async () => {
    const env = { ...process.env, HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' };
    const error = await downloadWithSdk({ folder, cache: folder, env, say: () => undefined }).catch(
      (reason: unknown) => reason,
    );
    const { message } = error as Error;
    expect(message).toMatch(/download.*refused/i);
    expect(message.match(/error sending request/g)).toHaveLength(1);
  });
});

describe('watchArrival', () => {
  it('a file that the SDK has made but not yet filled is no arrival', async () => {
    await writeFile(join(folder, 'temporal.downloading'), '');
    const reason = await new Promise<string>((resolve) => {
      const end = watchArrival(folder, (text) => {
        end();
        resolve(text);
      });
    });
    expect(reason).toBe('nothing arrived within 3 s');
    expect(await readdir(folder)).toHaveLength(1);
  });
});
