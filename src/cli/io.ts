/** Where a command reads and writes; stdout carries results only, everything for people goes to stderr. */
import type { AddressFlags } from '../server/address.js';

export interface Io {
  env: NodeJS.ProcessEnv;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** One line for people. */
export const say = (io: Io, line: string): void => {
  io.stderr.write(`${line}\n`);
};

/** A command's result. */
export const print = (io: Io, text: string): void => {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

/** Options that every command which talks to a server has. */
export interface ServerOptions extends AddressFlags {
  verbose?: boolean;
}
