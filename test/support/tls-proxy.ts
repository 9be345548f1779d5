/** What stands before a Temporal server at a facility: an end of TLS, and one that asks for an API key. */
import type { OutgoingHttpHeaders } from 'node:http';
import { readFile } from 'node:fs/promises';
import {
  connect as connectHttp2,
  createSecureServer,
  createServer as createHttp2,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Pair } from './certificates.js';

export interface Proxy {
  /** `localhost:PORT` */
  address: string;
  /** What the clients' certificates were called, one an accepted connection; null for none. */
  clients: (string | null)[];
  close(): Promise<void>;
}

const listen = async (
  server: Server,
  hang: Set<{ destroy(): unknown }>,
  clients: Proxy['clients'],
): Promise<Proxy> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    clients,
    close: async () => {
      for (const one of hang) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export interface TlsProxyOptions {
  server: Pair;
  /** File of the authority whose clients are let in; without, no client certificate is asked for. */
  clientCa?: string;
}

const serverFiles = async ({ server }: TlsProxyOptions) => ({
  cert: await readFile(server.certificate),
  key: await readFile(server.key),
});

/** Ends TLS, and hands what is inside on to `upstream` (`host:port`), byte by byte. */
export const startTlsProxy = async (upstream: string, options: TlsProxyOptions): Promise<Proxy> => {
  const { hostname, port } = new URL(`tcp://${upstream}`);
  const open = new Set<{ destroy(): unknown }>();
  const clients: Proxy['clients'] = [];
  const server = createServer(
    {
      ...(await serverFiles(options)),
      ALPNProtocols: ['h2'],
      ...(options.clientCa !== undefined && {
        ca: await readFile(options.clientCa),
        requestCert: true,
        rejectUnauthorized: true,
      }),
    },
    (socket: TLSSocket) => {
      clients.push((socket.getPeerCertificate().subject?.CN as string | undefined) ?? null);
      const inner = connect(Number(port), hostname);
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const) {
        open.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          open.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    },
  );
  server.on('tlsClientError', () => undefined);
  return listen(server, open, clients);
};

const refuse = (stream: ServerHttp2Stream): void => {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '16',
      'grpc-message': 'Request unauthorized.',
    },
    { endStream: true },
  );
};

/** Speaks HTTP/2 and lets only calls with `authorization: Bearer KEY` through; plain or with TLS. */
export const startKeyProxy = async (upstream: string, key: string, tls?: TlsProxyOptions): Promise<Proxy> => {
  const open = new Set<{ destroy(): unknown }>();
  const session = connectHttp2(`http://${upstream}`);
  open.add(session);
  const server = tls === undefined ? createHttp2() : createSecureServer(await serverFiles(tls));
  server.on('session', (one) => {
    open.add(one);
    one.on('error', () => undefined);
    one.on('close', () => open.delete(one));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers['authorization'] !== `Bearer ${key}`) {
      refuse(stream);
      return;
    }
    const { authorization: _key, ...rest } = headers;
    const inner = session.request({ ...rest, ':authority': upstream, ':scheme': 'http' });
    inner.on('error', () => stream.destroyed || stream.close());
    stream.on('close', () => inner.close());
    let trailers: OutgoingHttpHeaders = {};
    inner.on('response', (answer) => {
      const onlyTrailers = answer['grpc-status'] !== undefined;
      stream.respond(answer, { waitForTrailers: !onlyTrailers, endStream: onlyTrailers });
      if (onlyTrailers) return;
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      inner.on('trailers', (last) => (trailers = last as OutgoingHttpHeaders));
      inner.pipe(stream);
    });
    stream.pipe(inner);
  });
  return listen(server as unknown as Server, open, []);
};
