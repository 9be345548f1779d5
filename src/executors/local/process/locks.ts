import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { plainShellEnvironment, scrubbedEnvironment } from '../../environment.js';
import { PROBE_GATHER_MS } from '../tunables.js';

/** Nobody holds a lock that is free; one that is missing may have been removed under its holder. */
export type LockState = 'held' | 'free' | 'missing';

/** flock(1)'s exit code for "somebody else has it", told apart from its failures. */
const CONFLICT = 75;

// A warm unit takes its lock while its script holds the other and begins only if that script still lives, so in this
// order one of the two is seen.
// A shared lock: probes don't disturb each other, and a script that starts meanwhile waits them out.
const PROBE = `for file; do
  if [[ ! -e $file ]]; then printf 'missing\\n'; continue; fi
  { flock --nonblock --shared --conflict-exit-code ${CONFLICT} 8; code=$?; } 8<"$file"
  if [[ $code == 0 && -e $file-warm ]]; then
    { flock --nonblock --exclusive --conflict-exit-code ${CONFLICT} 8; code=$?; } 8<"$file-warm"
  fi
  printf '%s\\n' "$code"
done`;

const STATES: ReadonlyMap<string, LockState> = new Map([
  ['0', 'free'],
  [String(CONFLICT), 'held'],
  ['missing', 'missing'],
]);

/** @throws Error when that cannot be found out (no flock(1), file system without locks). */
const probeLocks = async (files: string[]): Promise<LockState[]> => {
  const { stdout, stderr } = await execa('bash', ['-c', PROBE, 'probe', ...files], {
    env: { ...plainShellEnvironment(scrubbedEnvironment(process.env)), LC_ALL: 'C' },
    extendEnv: false,
    reject: true,
  });
  const states = stdout.split('\n').map((code) => STATES.get(code));
  if (states.length !== files.length || states.includes(undefined)) {
    throw new Error(`flock failed on ${files.join(', ')}: ${stderr}`);
  }
  return states.filter((state) => state !== undefined);
};

/** What becomes of a file's lock. */
export type LockProbe = (file: string) => Promise<LockState>;

interface Gathering {
  files: string[];
  answer: Promise<LockState[]>;
}

/** Questions to one probe that come together share one process. */
export const createLockProbe = (): LockProbe => {
  let gathering: Gathering | null = null;
  const gather = (): Gathering => {
    const files: string[] = [];
    const answer = sleep(PROBE_GATHER_MS).then(() => {
      gathering = null;
      return probeLocks(files);
    });
    return { files, answer };
  };
  return async (file) => {
    const mine = (gathering ??= gather());
    const place = mine.files.push(file) - 1;
    return (await mine.answer)[place] ?? 'missing';
  };
};

/** The same for one question by itself. */
export const probeLock: LockProbe = async (file) => (await probeLocks([file]))[0] ?? 'missing';

/** Whether somebody holds a lock on the file; one that does not exist is held by nobody. */
export const isLocked = async (file: string): Promise<boolean> => (await probeLock(file)) === 'held';
