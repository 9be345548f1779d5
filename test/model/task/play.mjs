// What a unit of the model suite does, said by its own arguments, so that a request file alone brings it about:
// `plays` maps a zarr_url (or "*") to a play, `init_args.play` goes before it. Plain JavaScript, since the program
// next to this file runs it under node as it is; the scripted executor runs it in its own process.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { constants } from 'node:os';

/** A file that exists and that nobody may read: the mode of a usual file does not stop root. */
const WRITE_ONLY = '/proc/sys/vm/compact_memory';

const own = (object, key) =>
  typeof object === 'object' && object !== null && Object.hasOwn(object, key) ? object[key] : undefined;

/** The play of the unit with these arguments. */
export const playOf = (args) =>
  own(own(args, 'init_args'), 'play') ??
  own(own(args, 'plays'), own(args, 'zarr_url') ?? '*') ??
  own(own(args, 'plays'), '*') ??
  {};

const writers = {
  json: (path, value) => writeFileSync(path, JSON.stringify(value)),
  text: (path, text) => writeFileSync(path, text),
  hex: (path, bytes) => writeFileSync(path, Buffer.from(bytes, 'hex')),
  padded: (path, { spaces, json }) => writeFileSync(path, ' '.repeat(spaces) + JSON.stringify(json)),
  folder: (path) => mkdirSync(path),
  dangling: (path) => symlinkSync(`${path}.nowhere`, path),
  loop: (path) => symlinkSync(path, path),
  link: (path, text) => {
    writeFileSync(`${path}.target`, text);
    symlinkSync(`${path}.target`, path);
  },
  unreadable: (path) => symlinkSync(WRITE_ONLY, path),
  fifo: (path) => execFileSync('mkfifo', [path]),
};

/** Writes what the play leaves at the path of its output. */
export const writeOutput = (play, path) => {
  for (const [kind, value] of Object.entries(play.out ?? {})) writers[kind](path, value);
};

/** Which run of its unit this is, from 0: each earlier one has left its log beside the arguments. */
export const runOf = (argsPath) => {
  const start = `${basename(argsPath).slice(0, -'args.json'.length)}log.`;
  return readdirSync(dirname(argsPath)).filter((name) => name.startsWith(start) && /\.\d+\.txt$/.test(name))
    .length;
};

/** Exit code of the play's `run`-th run, from 0; `exits` are those of the first ones. */
export const exitOf = (play, run) => play.exits?.[run] ?? play.exit ?? 0;

/** How a shell reports the end of the play. */
export const statusOf = (play, run) =>
  play.signal === undefined ? exitOf(play, run) : 128 + constants.signals[play.signal];
