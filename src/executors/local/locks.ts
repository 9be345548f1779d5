import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { plainShellEnvironment, scrubbedEnvironment } from '../environment.js';
import { PROBE_GATHER_MS } from './tunables.js';

/** flock(1)'s exit code for "somebody else has it", told apart from its failures. */
const CONFLICT = 75;

// A shared lock: probes don't disturb each other, and a script that starts meanwhile waits them out.
const PROBE = `for file; do
  if [[ ! -e $file ]]; then printf '0\\n'; continue; fi
  { flock --nonblock --shared --conflict-exit-code ${CONFLICT} 8; printf '%s\\n' "$?"; } 8<"$file"
done`;

/**
 * Which of the files are locked by a living process; a file that does not exist is not.
 *
 * @throws Error when that cannot be found out (no flock(1), file system without locks).
 */
const probeLocks = async (files: string[]): Promise<boolean[]> => {
  const { stdout, stderr } = await execa('bash', ['-c', PROBE, 'probe', ...files], {
    env: { ...plainShellEnvironment(scrubbedEnvironment(process.env)), LC_ALL: 'C' },
    extendEnv: false,
    reject: true,
  });
  const codes = stdout.split('\n').map(Number);
  if (codes.length !== files.length || codes.some((code) => code !== 0 && code !== CONFLICT)) {
    throw new Error(`flock failed on ${files.join(', ')}: ${stderr}`);
  }
  return codes.map((code) => code === CONFLICT);
};

interface Gathering {
  files: string[];
  answer: Promise<boolean[]>;
}

let gathering: Gathering | null = null;

/** Whether the file is locked. Questions that come together share one process. */
export const isLocked = async (file: string): Promise<boolean> => {
  const mine = (gathering ??= gather());
  const place = mine.files.push(file) - 1;
  return (await mine.answer)[place] ?? false;
};

const gather = (): Gathering => {
  const files: string[] = [];
  const answer = sleep(PROBE_GATHER_MS).then(() => {
    gathering = null;
    return probeLocks(files);
  });
  return { files, answer };
};
