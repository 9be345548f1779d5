/** Where a command reads and writes; stdout carries results only, everything for people goes to stderr. */
import { plainText } from '../state/plain-text.js';
import type { AddressFlags } from '../server/address.js';
import { wrapText } from '../report/wrap.js';
import { styleOf } from './style.js';

export interface Io {
  env: NodeJS.ProcessEnv;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Sentences as a terminal shows them, broken between words; lines of a log or a pipe are whole, for `grep`. */
const fitted = (stream: NodeJS.WriteStream, env: Io['env'], text: string): string =>
  stream.isTTY ? wrapText(plainText(text), styleOf(stream, env).width) : plainText(text);

/** As it is said on stderr. */
export const forPeople = ({ stderr, env }: Io, text: string): string => fitted(stderr, env, text);

/** One line for people; what comes out of a request, a log or a scheduler must not reach the terminal as it is. */
export const say = (io: Io, line: string): void => {
  io.stderr.write(`${forPeople(io, line)}\n`);
};

/** A terminal shows Ctrl-C as `^C` where the cursor is: what is said next has a line of its own. */
export const clearEcho = (io: Io): void => {
  if (io.stderr.isTTY) io.stderr.write(io.env['TERM'] === 'dumb' ? '\n' : '\r\u001b[K');
};

/** A command's result for programs, as it is. */
export const print = (io: Io, text: string): void => {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

/** A command's answer for people that has its lines already, such as a table. */
export const show = (io: Io, text: string): void => {
  print(io, plainText(text));
};

/** A command's answer in sentences: as `say`, on stdout. */
export const tell = (io: Io, text: string): void => {
  print(io, fitted(io.stdout, io.env, text));
};

/** DEL and C1 may stand in JSON as they are, and a terminal may obey them; as escapes they are the same JSON. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Options that every command which talks to a server has. */
export interface ServerOptions extends AddressFlags {
  verbose?: boolean;
}
