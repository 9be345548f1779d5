/** Users of this machine for a test, made and removed by it. */
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';

export interface UnixUser {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export interface UnixUsers {
  all: UnixUser[];
  /** Of all of them. */
  group: string;
  /** Ends what still runs as one of them, and removes them with their homes. */
  remove(): Promise<void>;
}

/** Why none can be made on this machine, or null. */
export const whyNoUsers = (): string | null =>
  process.getuid?.() === 0 ? null : 'making users and becoming them needs root';

const make = async (name: string, group: string): Promise<UnixUser> => {
  await execa('useradd', ['--create-home', '--shell', '/bin/bash', '--user-group', '--groups', group, name]);
  const { stdout } = await execa('getent', ['passwd', name]);
  const [, , uid, gid, , home = '/'] = stdout.split(':');
  return { name, uid: Number(uid), gid: Number(gid), home };
};

export const makeUsers = async (count: number): Promise<UnixUsers> => {
  const prefix = `ft${randomBytes(4).toString('hex')}`;
  const group = `${prefix}all`;
  await execa('groupadd', [group]);
  const all: UnixUser[] = [];
  // One after the other: they take turns at passwd's lock.
  for (let index = 0; index < count; index++)
    all.push(await make(`${prefix}${'abcdef'[index] ?? index}`, group));
  return {
    ...{ all, group },
    remove: async () => {
      for (const { name, uid } of all) {
        // By the uid that was made for this test: nobody else has it.
        await execa('pkill', ['-KILL', '-U', String(uid)], { reject: false });
        await execa('userdel', ['--remove', '--force', name], { reject: false });
        await execa('rm', ['-rf', `/var/tmp/fractal-temporal-${uid}`]);
      }
      await execa('groupdel', [group], { reject: false });
    },
  };
};
