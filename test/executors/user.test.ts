import type * as os from 'node:os';
import { userInfo } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { currentUser } from '../../src/executors/user.js';

vi.mock('node:os', async (original) => {
  const real = await original<typeof os>();
  return { ...real, userInfo: vi.fn(real.userInfo) };
});
afterEach(() => {
  vi.mocked(userInfo).mockClear();
});

it('is the user of this process', () => {
  expect(currentUser()).toEqual({ uid: process.getuid?.(), name: userInfo().username });
});

it('is known by the uid alone where passwd does not hold it, as in a container', () => {
  vi.mocked(userInfo).mockImplementationOnce(() => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)');
  });
  const uid = process.getuid?.();
  expect(currentUser()).toEqual({ uid, name: String(uid) });
});
