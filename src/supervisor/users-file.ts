/** The file of users that a supervisor starts workers for (docs/users.md, schemas/users.schema.json). */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { read } from '../validation/schemas/read-fields.js';
import { Problems } from '../validation/problems.js';
import { shares } from '../state/rights.js';
import type { InputError } from '../wire/failure.js';
import { IDLE_SECONDS, LOOK_SECONDS } from './tunables.js';
import { whyNotSettable } from './variables.js';

/** As passwd has them; an option or a number can be none, and nothing in it means anything to a shell. */
const USER_NAME = /^[A-Za-z_][A-Za-z0-9._@-]{0,63}$/;

const path = z
  .string()
  .regex(/^\/[^\p{Cc}]*$/u, { error: 'an absolute path' })
  .describe('An absolute path.');
const umask = z
  .string()
  .regex(/^0?[0-7]{3}$/, { error: 'a umask in octal digits, such as "0007"' })
  .describe('Umask of units and of the jobs that run them, octal; null: that of the supervisor.');
const seconds = z.number().positive();

const ofWorkers = {
  slurm_config: path.nullish().describe('Configuration of the SLURM backend, readable by the user.'),
  share: z.enum(shares).nullish().describe('Who may read and write the files of runs; null: private.'),
  umask: umask.nullish(),
  idle_seconds: seconds
    .nullish()
    .describe(`A worker that has nothing to do for so long is ended; null: ${IDLE_SECONDS}.`),
  environment: z
    .record(z.string(), z.string())
    .nullish()
    .describe('Variables that workers and their SLURM commands get besides the usual ones.'),
};

const user = z.strictObject({
  name: z
    .string()
    .regex(USER_NAME, {
      error: 'the name of a user: letters, digits, ". _ @ -", no digit or "-" at its beginning',
    })
    .describe('The cluster user; requests choose the worker by the queue fractal-slurm.<name>.'),
  ...ofWorkers,
});

export const usersFileSchema = z.strictObject({
  version: z.literal(1),
  program: path
    .nullish()
    .describe(
      'The program that is started as the user, as sudoers names it; null: the one that is the supervisor.',
    ),
  look_seconds: seconds.nullish().describe(`Between two looks at the queues; null: ${LOOK_SECONDS}.`),
  ...ofWorkers,
  users: z.array(user).min(1, { error: 'a list of at least one user' }),
});

/** One user's worker, with what the file says of all laid under what it says of this one. */
export interface UserEntry {
  name: string;
  slurmConfig: string;
  share: (typeof shares)[number];
  umask: number | null;
  idleSeconds: number;
  environment: Record<string, string>;
}

export interface UsersFile {
  program: string | null;
  lookSeconds: number;
  users: UserEntry[];
}

/** The file is wrong: all of it, each with its JSON Pointer. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError';
  constructor(errors: readonly InputError[]) {
    super(
      [
        'The file of users is wrong:',
        ...errors.map((e) => `  ${e.path || '/'}: expected ${e.expected}, got ${e.got}`),
      ].join('\n'),
    );
  }
}

type Content = z.output<typeof usersFileSchema>;

const checkVariables = (
  environment: Content['environment'],
  at: readonly PropertyKey[],
  problems: Problems,
): void => {
  for (const [name, value] of Object.entries(environment ?? {})) {
    const why = whyNotSettable(name);
    if (why !== null) problems.add([...at, 'environment', name], why, value);
    else if (/\p{Cc}/u.test(value)) problems.add([...at, 'environment', name], 'one line of text', value);
  }
};

const entriesOf = (content: Content, problems: Problems): UserEntry[] => {
  const seen = new Map<string, number>();
  checkVariables(content.environment, [], problems);
  return content.users.map((own, index): UserEntry => {
    const earlier = seen.get(own.name);
    if (earlier !== undefined)
      problems.addText(
        ['users', index, 'name'],
        'each user once',
        `"${own.name}" again, as in /users/${earlier}`,
      );
    seen.set(own.name, index);
    checkVariables(own.environment, ['users', index], problems);
    const slurmConfig = own.slurm_config ?? content.slurm_config ?? null;
    if (slurmConfig === null)
      problems.addText(
        ['users', index, 'slurm_config'],
        'a path here or one for all at /slurm_config',
        'neither',
      );
    const mask = own.umask ?? content.umask ?? null;
    return {
      name: own.name,
      slurmConfig: slurmConfig ?? '',
      share: own.share ?? content.share ?? 'private',
      umask: mask === null ? null : parseInt(mask, 8),
      idleSeconds: own.idle_seconds ?? content.idle_seconds ?? IDLE_SECONDS,
      environment: { ...content.environment, ...own.environment },
    };
  });
};

/**
 * Reads the text of a file of users.
 *
 * @throws UsersFileError with every error, not the first; unknown keys are errors.
 */
export const parseUsersFile = (text: string): UsersFile => {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UsersFileError([{ path: '', expected: 'JSON', got: (error as Error).message }]);
  }
  const problems = new Problems();
  const content = read(usersFileSchema, data, [], problems);
  if (content === undefined) throw new UsersFileError(problems.errors);
  const users = entriesOf(content, problems);
  if (problems.any) throw new UsersFileError(problems.errors);
  return { program: content.program ?? null, lookSeconds: content.look_seconds ?? LOOK_SECONDS, users };
};

/** Who may write it decides what runs as other people. */
const checkRights = async (file: string): Promise<void> => {
  const { uid, mode } = await stat(file);
  const own = process.getuid?.() ?? 0;
  const rights = (mode & 0o777).toString(8).padStart(4, '0');
  if ((uid !== 0 && uid !== own) || (mode & 0o022) !== 0)
    throw new UsersFileError([
      {
        path: '',
        expected: `a file that only root or the supervisor's user (uid ${own}) can write to`,
        got: `owner uid ${uid}, mode ${rights}: chown it, and chmod go-w ${file}`,
      },
    ]);
};

/** @throws UsersFileError, also for a file that others may write to; file system errors. */
export const readUsersFile = async (file: string): Promise<UsersFile> => {
  await checkRights(file);
  return parseUsersFile(await readFile(file, 'utf8'));
};
