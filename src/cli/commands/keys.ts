/** `keys`: makes the file of keys, and adds new ones. */
import { type Command, InvalidArgumentError } from 'commander';
import { makeKeyFile, rotateKeyFile } from '../../encryption/make-keys.js';
import { type Io, tell } from '../io.js';

const time = (text: string): Date => {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('expected a time such as 2027-01-31T08:00:00Z.');
  return date;
};

export const registerKeys = (program: Command, io: Io): void => {
  const keys = program.command('keys').description('the key ring, which encrypts what the server is given');
  keys
    .command('new')
    .description('make a key ring with one key, readable by you alone')
    .argument('<file>', 'where; it must not be there yet')
    .action(async (file: string) => {
      const id = await makeKeyFile(file);
      tell(
        io,
        `${file}: key ${id}. Keep a copy where it is safe: without it nobody can read the runs again.`,
      );
    });
  keys
    .command('rotate')
    .description('add a key, which encrypts from now on; the older ones decrypt')
    .argument('<file>', 'a key ring')
    .option('--from <time>', 'it encrypts from then on: time to copy the file to all machines', time)
    .action(async (file: string, { from }: { from?: Date }) => {
      const id = await rotateKeyFile(file, from);
      tell(io, `${file}: key ${id} encrypts from ${from === undefined ? 'now' : from.toISOString()} on.`);
    });
};
