import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountProblems, lookUpAccounts, parsePasswd } from '../../src/supervisor/accounts.js';
import { workerCommand } from '../../src/supervisor/become.js';
import { parseSettings } from '../../src/supervisor/settings.js';
import { parseUsersFile, readUsersFile } from '../../src/supervisor/users-file.js';
import { whyForbidden, workerVariables } from '../../src/supervisor/variables.js';

const text = (more: object): string =>
  JSON.stringify({ version: 1, slurm_config: '/etc/slurm.json', users: [{ name: 'alice' }], ...more });

const errorsOf = (content: string): string => {
  try {
    parseUsersFile(content);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a file of users', () => {
  it('says of each user what it says of all, unless it says otherwise', () => {
    const { users } = parseUsersFile(
      text({
        ...{ umask: '0007', share: 'group', environment: { SLURM_CONF: '/a', X: '1' } },
        users: [
          { name: 'alice' },
          {
            name: 'b.ob@site',
            slurm_config: '/b.json',
            umask: '022',
            share: 'private',
            environment: { X: '2' },
          },
        ],
      }),
    );
    expect(users).toEqual([
      {
        ...{ name: 'alice', slurmConfig: '/etc/slurm.json', share: 'group', umask: 0o007, idleSeconds: 600 },
        environment: { SLURM_CONF: '/a', X: '1' },
      },
      {
        ...{ name: 'b.ob@site', slurmConfig: '/b.json', share: 'private', umask: 0o022, idleSeconds: 600 },
        environment: { SLURM_CONF: '/a', X: '2' },
      },
    ]);
  });

  it.each([
    ['{', '/: expected JSON'],
    [text({ users: [] }), '/users: expected a list of at least one user'],
    [
      text({ users: [{ name: 'a' }, { name: 'a' }] }),
      '/users/1/name: expected each user once, got "a" again, as in /users/0',
    ],
    [text({ slurm_config: null }), '/users/0/slurm_config: expected a path here or one for all'],
    [text({ slurm_config: 'slurm.json' }), '/slurm_config: expected an absolute path, got "slurm.json"'],
    [text({ umask: '8' }), '/umask: expected a umask in octal digits'],
    [text({ usres: [] }), '/usres: expected no field of this name'],
    [
      text({ environment: { LD_PRELOAD: '/x' } }),
      '/environment/LD_PRELOAD: expected no variable that loader',
    ],
    [text({ environment: { BASH_FUNC_x: '' } }), '/environment/BASH_FUNC_x: expected no variable'],
    [
      text({ environment: { HOME: '/x' } }),
      '/environment/HOME: expected no variable that comes from the passwd',
    ],
    [
      text({ environment: { TEMPORAL_API_KEY: 'x' } }),
      "expected no variable that comes from the supervisor's own",
    ],
    [text({ environment: { X: 'a\nb' } }), '/environment/X: expected one line of text'],
  ])('%s is refused', (content, words) => {
    expect(errorsOf(content)).toContain(words);
  });

  it.each(['1alice', '-alice', 'a b', 'a;id', '$(id)', 'a\nb', '../a', ''])(
    'no name of a user is %j',
    (name) => {
      expect(errorsOf(text({ users: [{ name }] }))).toContain('/users/0/name: expected the name of a user');
    },
  );

  it('that others may write to is not read', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-users-'));
    const file = join(dir, 'users.json');
    await writeFile(file, text({}));
    await chmod(file, 0o620);
    await expect(readUsersFile(file)).rejects.toThrow('mode 0620: chown it, and chmod go-w');
    await chmod(file, 0o640);
    await expect(readUsersFile(file)).resolves.toMatchObject({ users: [{ name: 'alice' }] });
    await rm(dir, { recursive: true });
  });
});

const accounts = parsePasswd(
  'root:x:0:0::/root:/bin/bash\nalice:x:1001:100::/home/alice:/bin/bash\ntwin:x:1001:100::/x:\nbroken:x:no:1::/:\n',
);
const alice = { name: 'alice', uid: 1001, gid: 100, home: '/home/alice', shell: '/bin/bash' };

describe('accounts', () => {
  it('unknown users, root and two names of one are found', () => {
    expect([...accountProblems(['nobody-here', 'root', 'alice', 'twin'], accounts)]).toEqual([
      ['nobody-here', 'unknown user: `getent passwd nobody-here` finds nobody'],
      ['root', 'is root (uid 0), whom no worker is started for'],
      ['twin', 'is the same user as alice (uid 1001): name one'],
    ]);
  });

  it('are looked up where this system has them', async () => {
    const found = await lookUpAccounts(['root', 'fractal-no-such-user']);
    expect([...found.keys()]).toEqual(['root']);
    expect(found.get('root')?.uid).toBe(0);
  });
});

describe('the command of a worker', () => {
  const own = ['/usr/bin/node', '/opt/main.js'] as const;
  const supervised = ['worker', 'slurm', '--supervised'];

  it('as root: by ids, with the groups of the user, without a shell', () => {
    expect(workerCommand(0, alice, { own, named: null })).toEqual([
      ...[
        'setpriv',
        '--reuid=1001',
        '--regid=100',
        '--init-groups',
        '--inh-caps=-all',
        '--no-new-privs',
        '--',
      ],
      ...[...own, ...supervised],
    ]);
  });

  it('as a service user: by sudo, the one command line of sudoers', () => {
    expect(workerCommand(77, alice, { own, named: '/usr/local/bin/fractal-temporal' })).toEqual([
      ...['sudo', '-n', '-H', '-u', 'alice', '--', '/usr/local/bin/fractal-temporal', ...supervised],
    ]);
  });

  it('as the user: nothing before it', () => {
    expect(workerCommand(1001, alice, { own, named: null })).toEqual([...own, ...supervised]);
  });
});

describe('the environment of a worker', () => {
  it('has what is allowed of the supervisor, what the file gives, and the account', () => {
    const env = {
      ...{
        PATH: '/evil',
        HOME: '/root',
        USER: 'root',
        LD_PRELOAD: '/x.so',
        NODE_OPTIONS: '-r x',
        BASH_ENV: 'x',
      },
      ...{ TEMPORAL_ADDRESS: 'a:1', LC_ALL: 'C', SLURM_CONF: '/s', AWS_SECRET: 'x', LANG: undefined },
    };
    expect(workerVariables(env, alice, { X: '1' })).toEqual({
      ...{ TEMPORAL_ADDRESS: 'a:1', LC_ALL: 'C', SLURM_CONF: '/s', X: '1' },
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...{ HOME: '/home/alice', SHELL: '/bin/bash', USER: 'alice', LOGNAME: 'alice' },
    });
  });

  it.each(['LD_LIBRARY_PATH', 'NODE_PATH', 'ENV', 'SHELLOPTS', 'BASH_FUNC_ls%%', 'a b', ''])(
    'never holds %j',
    (name) => {
      expect(whyForbidden(name)).not.toBeNull();
    },
  );
});

it('settings that set what no worker may have are refused, and not quoted', () => {
  const line = JSON.stringify({ version: 1, environment: { LD_PRELOAD: 'secret' } });
  expect(() => parseSettings(line)).toThrow('/environment/LD_PRELOAD');
  expect(() => parseSettings('secret')).toThrow(/--supervised is for a supervisor(?!.*secret)/);
});
