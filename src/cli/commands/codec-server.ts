/** `codec-server`: lets the Web UI and the `temporal` program read encrypted runs. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { createCodecServer } from '../../encryption/codec-server.js';
import { openKeyFile } from '../../encryption/key-file.js';
import { KEYS_VARIABLE } from '../../encryption/options.js';
import { CODEC_SERVER_PORT } from '../../encryption/tunables.js';
import { exitCode, UsageError } from '../exit-codes.js';
import { clearEcho, type Io, tell, say } from '../io.js';
import { aborted, listenForInterrupts } from '../signals.js';

interface CodecServerCommandOptions {
  host: string;
  port: number;
  keys?: string;
  corsOrigin: string[];
  tokenFile?: string;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const MAX_PORT = 65_535;

const port = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MAX_PORT)
    throw new InvalidArgumentError('expected a port, 0 for any free one.');
  return value;
};

const origin = (text: string, before: string[]): string[] => {
  let parsed: URL | null = null;
  try {
    parsed = new URL(text);
  } catch {
    // Said below.
  }
  if (parsed === null || parsed.origin === 'null' || parsed.origin !== text.replace(/\/$/, '')) {
    throw new InvalidArgumentError('expected the origin of a Web UI, such as http://127.0.0.1:8233.');
  }
  return [...before, parsed.origin];
};

const readToken = async (file: string): Promise<string> => {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    if (token !== '') return token;
  } catch (error) {
    throw new UsageError(`The token ${file} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  throw new UsageError(`The token ${file} is empty.`);
};

const codecServerCommand = async (io: Io, options: CodecServerCommandOptions): Promise<void> => {
  const path = options.keys ?? io.env[KEYS_VARIABLE];
  if (!path) throw new UsageError(`The codec server needs a key ring: --keys FILE, or ${KEYS_VARIABLE}.`);
  const keys = openKeyFile(path);
  const token = options.tokenFile === undefined ? null : await readToken(options.tokenFile);
  if (!LOOPBACK.includes(options.host) && token === null) {
    say(
      io,
      `Whoever reaches ${options.host}:${options.port} can read all runs: see to it who can, or give --token-file.`,
    );
  }
  const interrupts = listenForInterrupts(exitCode.unforeseen, () => {
    clearEcho(io);
    say(io, 'ending ...');
  });
  const server = createCodecServer({ keys, origins: options.corsOrigin, token });
  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
    const { address, port: bound, family } = server.address() as AddressInfo;
    const at = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
    const pages = options.corsOrigin.length === 0 ? 'no page (--cors-origin)' : options.corsOrigin.join(', ');
    tell(io, `Codec server: ${at}, for programs and ${pages}. Ctrl-C ends it.`);
    await Promise.race([
      aborted(interrupts.signal),
      once(server, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
  } finally {
    server.close();
    server.closeAllConnections();
    interrupts.dispose();
  }
};

export const registerCodecServer = (program: Command, io: Io): void => {
  program
    .command('codec-server')
    .description('decrypts for the Web UI and the `temporal` program; Ctrl-C ends it')
    .option('--host <host>', 'where it listens', '127.0.0.1')
    .option('--port <port>', '0: any free one', port, CODEC_SERVER_PORT)
    .option('--keys <file>', `key ring (default: ${KEYS_VARIABLE})`)
    .option(
      '--cors-origin <url>',
      'origin of a Web UI whose pages may ask; may be given several times',
      origin,
      [],
    )
    .option('--token-file <file>', 'callers must send what is in it: authorization: Bearer TOKEN')
    .action((options: CodecServerCommandOptions) => codecServerCommand(io, options));
};
