/** Heavy work takes turns, so many at once; what only waits for somebody else (a scheduler, a late file) does so aside. */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Turn {
  /** False: too many are aside already, so that this one waits with its turn. */
  leave(): boolean;
  back(): Promise<void>;
}

const current = new AsyncLocalStorage<Turn>();

/**
 * Runs work as soon as it is its turn, in the order of asking.
 *
 * @param asideAtOnce how many may wait aside at once: they keep what they hold in memory.
 */
export const takeTurns = (
  atOnce: number,
  asideAtOnce: number,
): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let free = atOnce;
  let away = 0;
  const waiting: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((begin) => waiting.push(begin));
  };
  const give = (): void => {
    const begin = waiting.shift();
    if (begin === undefined) free += 1;
    else begin();
  };
  return async (work) => {
    await take();
    // `waits`: those of this work under way, at once; its turn is away as long as there is one.
    const own = { state: 'held' as 'held' | 'away' | 'over', waits: 0, isAside: false };
    // One for all of its waits: two would wait for the turn that the other has taken.
    let returning: Promise<void> | null = null;
    const retake = async (): Promise<void> => {
      await take();
      returning = null;
      // Meanwhile the work may have left again, or ended.
      if (own.state === 'away' && own.waits === 0) own.state = 'held';
      else give();
    };
    const turn: Turn = {
      leave: () => {
        if (!own.isAside && away >= asideAtOnce) return false;
        if (!own.isAside) away += 1;
        own.isAside = true;
        own.waits += 1;
        if (own.state !== 'held') return true;
        own.state = 'away';
        give();
        return true;
      },
      back: async () => {
        own.waits -= 1;
        if (own.waits > 0) return;
        if (own.state !== 'over') await (returning ??= retake());
        if (own.waits > 0 || !own.isAside) return;
        own.isAside = false;
        away -= 1;
      },
    };
    try {
      return await current.run(turn, work);
    } finally {
      if (own.state === 'held') give();
      own.state = 'over';
    }
  };
};

/** Waits without a turn, and takes one again afterwards; plainly where nobody has one. */
export const aside = async <T>(wait: () => Promise<T>): Promise<T> => {
  const turn = current.getStore();
  if (turn?.leave() !== true) return wait();
  try {
    return await wait();
  } finally {
    await turn.back();
  }
};
