import { userInfo } from 'node:os';

/** The user whose process this is. */
export interface User {
  uid: number;
  /** The uid in digits for a user without an entry in passwd (containers): SLURM's commands take that as well. */
  name: string;
}

/** @throws Error on a system without users. */
export const currentUser = (): User => {
  const uid = process.getuid?.();
  if (uid === undefined)
    throw new Error('this system has no user ids: fractal-temporal needs Linux or macOS');
  try {
    return { uid, name: userInfo().username };
  } catch {
    return { uid, name: String(uid) };
  }
};
