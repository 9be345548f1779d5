/** Waiting for conditions in tests. */
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;
const PATIENCE_MS = 60_000;

/** Resolves when `holds` does; fails with `what` when it never does. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(LOOK_MS);
  }
};

export const untilFile = (path: string): Promise<void> =>
  until(path, () =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
