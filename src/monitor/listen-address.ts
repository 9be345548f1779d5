/** Where a worker listens for probes and scrapes: `9464`, `0.0.0.0:9464`, `[::1]:9464`. */

export interface ListenAddress {
  host: string;
  /** 0: a free one. */
  port: number;
}

const HIGHEST_PORT = 65_535;

/** Nobody but this host, unless asked. */
const LOOPBACK = '127.0.0.1';

/** The address that a text names; null when it names none. */
export const parseListenAddress = (text: string): ListenAddress | null => {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):)?(\d{1,5})$/.exec(text.trim());
  if (match === null) return null;
  const port = Number(match[2]);
  if (port > HIGHEST_PORT) return null;
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? LOOPBACK, port };
};

/** As the beginning of a URL wants it. */
export const formatListenAddress = ({ host, port }: ListenAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
