/**
 * The one port of a worker's process for whoever looks after it: `/healthz`, `/readyz`, `/metrics` (docs/monitoring.md).
 *
 * It reads and never changes anything; whoever may reach it sees names of queues, counts and times, nothing of a request.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { formatListenAddress, type ListenAddress } from './listen-address.js';
import { createReadiness, type ReadinessProbe } from './readiness.js';
import { EVENT_LOOP_RESOLUTION_MS } from './tunables.js';

/** The port cannot be had. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

export interface MonitorOptions {
  address: ListenAddress;
  version: string;
  /** The text of `/metrics`, in Prometheus's format; rejects when there is none. */
  metrics(): Promise<string>;
}

export interface Monitor extends Omit<ReadinessProbe, 'look'> {
  /** `http://127.0.0.1:9464`, with the port that it got. */
  readonly url: string;
  /** Another page, as JSON, from now on. */
  page(path: string, body: () => unknown): void;
  close(): Promise<void>;
}

const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

const reply = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
};

const replyJson = (response: ServerResponse, status: number, body: unknown): void => {
  reply(response, status, 'application/json', `${JSON.stringify(body)}\n`);
};

const listen = (server: Server, { host, port }: ListenAddress): Promise<ListenAddress> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new CannotListen(
          `Cannot listen on ${formatListenAddress({ host, port })} (${error.message}); give another --monitor`,
        ),
      );
    });
    server.listen(port, host, () => {
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });

/** @throws CannotListen. */
export const openMonitor = async ({ address, version, metrics }: MonitorOptions): Promise<Monitor> => {
  const readiness = createReadiness();
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delay.enable();
  const health = (): unknown => {
    const longest = delay.max / 1e6;
    delay.reset();
    return {
      status: 'ok',
      reasons: [],
      version,
      pid: process.pid,
      uptime_seconds: Math.round(process.uptime()),
      // Since the last look; that there is an answer says that the loop turns.
      longest_event_loop_delay_ms: Number.isFinite(longest) ? Math.round(longest) : 0,
    };
  };
  const routes = new Map<string, (response: ServerResponse) => Promise<void>>([
    [
      '/healthz',
      (response) => {
        replyJson(response, 200, health());
        return Promise.resolve();
      },
    ],
    [
      '/readyz',
      async (response) => {
        const body = await readiness.look();
        replyJson(response, body.status === 'ready' ? 200 : 503, body);
      },
    ],
    [
      '/metrics',
      async (response) => {
        try {
          reply(response, 200, PROMETHEUS_TEXT, await metrics());
        } catch (error) {
          replyJson(response, 503, { reasons: [error instanceof Error ? error.message : String(error)] });
        }
      },
    ],
  ]);
  const server = createServer((request, response) => {
    const route = routes.get((request.url ?? '').replace(/\?.*/, ''));
    if (route === undefined) replyJson(response, 404, { reasons: [`only ${[...routes.keys()].join(', ')}`] });
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      replyJson(response, 405, { reasons: ['only GET'] });
    else void route(response);
  });
  const at = await listen(server, address);
  return {
    url: `http://${formatListenAddress(at)}`,
    page: (path, body) => {
      routes.set(path, (response) => {
        replyJson(response, 200, body());
        return Promise.resolve();
      });
    },
    watch: readiness.watch,
    end: readiness.end,
    close: () =>
      new Promise((resolve) => {
        delay.disable();
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};
