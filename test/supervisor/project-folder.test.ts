/** A project folder as a site has it: of a group, setgid, with the site's umask; two users work in it by their workers. */
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeRequest } from '../support/scripted-requests.js';
import { startSite, type Site } from './site.js';
import { whyNoUsers, type UnixUser } from './unix-users.js';

const reason = whyNoUsers();
if (reason !== null) console.warn(`a project folder of several users: not tested: ${reason}`);

describe.runIf(reason === null)('a setgid project folder', () => {
  let site: Site;
  let project: string;
  let gid: number;
  beforeAll(async () => {
    site = await startSite({
      ...{ temporal: inject('temporal'), count: 2 },
      file: { umask: '0007', share: 'group' },
    });
    await site.supervise();
    project = join(site.sandbox.dir, 'project');
    await mkdir(project);
    await execa('chgrp', [site.group, project]);
    await chmod(project, 0o2770);
    ({ gid } = await stat(project));
  });
  afterAll(() => site.dispose());

  const runIn = async (user: UnixUser, name: string, lines: string): Promise<string> => {
    const task = join(project, `${name}.sh`);
    await writeFile(task, lines, { mode: 0o644 });
    await chmod(task, 0o644);
    const tasks = [{ type: 'parallel' as const, name: 'Only', command: `bash ${task}` }];
    const request = makeRequest({ dir: join(project, name), tasks, images: ['a'] });
    expect((await (await site.start(user, request)).result()).status).toBe('done');
    return join(project, name);
  };

  const rightsOf = async (path: string) => {
    const about = await stat(path);
    return { uid: about.uid, gid: about.gid, mode: (about.mode & 0o7777).toString(8) };
  };

  it("keeps its group and the site's umask for whatever a run makes, so that members go on with each other's", async () => {
    const [alice, bob] = site.users as [UnixUser, UnixUser];
    const image = join(project, 'plate', 'image');
    const first = await runIn(alice, 'first', `mkdir ${join(project, 'plate')} && echo alice >${image}\n`);
    expect(await rightsOf(join(project, 'plate'))).toEqual({ uid: alice.uid, gid, mode: '2770' });
    expect(await rightsOf(image)).toEqual({ uid: alice.uid, gid, mode: '660' });
    expect(await rightsOf(join(first, 'run'))).toEqual({ uid: alice.uid, gid, mode: '2770' });
    expect(await rightsOf(join(first, 'run', 'result.json'))).toEqual({ uid: alice.uid, gid, mode: '660' });
    expect(await rightsOf(join(first, 'run', '0_only', 'par-000000-0000000-log.txt'))).toMatchObject({ gid });
    const second = await runIn(
      bob,
      'second',
      `cat ${join(first, 'run', 'result.json')} && echo bob >>${image}\n`,
    );
    expect(await readFile(image, 'utf8')).toBe('alice\nbob\n');
    const log = await readFile(join(second, 'run', '0_only', 'par-000000-0000000-log.txt'), 'utf8');
    expect(JSON.parse(log)).toMatchObject({ status: 'done' });
  });
});
