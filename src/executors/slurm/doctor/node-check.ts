/** Does a node see the folder of the runs, may it write there, and do the site's lines work there? A real job says so. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SCRIPT_EXITS } from '../../../batch/exit-codes.js';
import { quoteWord } from '../../../batch/quote.js';
import { fileTail } from '../../../state/file-tail.js';
import { readSubmission } from '../commands/sbatch.js';
import { parseScontrolJob, type ControlledJob } from '../commands/scontrol.js';
import { classOfState } from '../commands/states.js';
import { ok, problem, warning, type Finding } from '../../../doctor/finding.js';
import { headOptions } from '../options/config.js';
import { judgeRefusal, callTrial, trialBatch, type TrialInput } from './trial.js';

/** Below what people wait for at a prompt; a busy cluster gets a warning instead of an answer. */
export const START_PATIENCE_SECONDS = 60;
const LOOK_SECONDS = 1;
/** Of what the trial job said on stderr. */
const SHOWN_LINES = 5;
/** The oldest bash that the batch script is made for. */
const OLDEST_BASH = [4, 2] as const;

export interface NodeAnswer {
  token: string;
  bash: string;
  node: string;
}

/** Reads the line that the trial job has written. Pure. */
export const parseAnswer = (text: string): NodeAnswer | null => {
  const match = /^(\S+) (\S+) (\S+)\n$/.exec(text);
  return match === null ? null : { token: match[1] ?? '', bash: match[2] ?? '', node: match[3] ?? '' };
};

/** Pure. */
export const isOldBash = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST_BASH[0] || (major === OLDEST_BASH[0] && minor < OLDEST_BASH[1]);
};

const trialScript = (question: string, answer: string): string =>
  [
    `read -r token <${quoteWord(question)} || exit 93`,
    `printf '%s %s %s\\n' "$token" "\${BASH_VERSION%%(*}" "\${SLURMD_NODENAME:-\${HOSTNAME:--}}" >${quoteWord(answer)} || exit 92`,
  ].join('\n');

const judgeAnswer = (dir: string, { bash, node }: NodeAnswer): Finding =>
  isOldBash(bash)
    ? problem(
        `node ${node} has bash ${bash}`,
        `batch scripts need ${OLDEST_BASH.join('.')}: exclude the node`,
      )
    : ok(`${dir}: node ${node} sees it and writes there (bash ${bash})`);

/** Pure. */
export const judgeEnd = (
  dir: string,
  { jobId, state, node, exit }: Pick<ControlledJob, 'jobId' | 'state' | 'node' | 'exit'>,
  said: string,
  loginShell: boolean,
): Finding => {
  const words = said === '' ? '' : `: ${said}`;
  return exit?.code === SCRIPT_EXITS.preambleFailed
    ? problem(
        `a line of extra_lines fails on ${node ?? 'a node'} (trial job ${jobId})${words}`,
        `correct it; ${loginShell ? '' : 'login_shell reads the profiles first, '}failing_lines "ignore" goes on without it`,
      )
    : problem(
        `${dir}: trial job ${jobId} on ${node ?? 'no node'} could not use it (${state})${words}`,
        'runs need a folder that worker and nodes share, and that the user may write to on both',
      );
};

export const checkNode = async (
  input: Omit<TrialInput, 'size'> & { dir: string },
  patienceSeconds = START_PATIENCE_SECONDS,
): Promise<Finding> => {
  const trial = { ...input, size: 'one' } as const;
  const token = randomUUID();
  const answerFile = join(input.folder, 'from-node');
  await writeFile(join(input.folder, 'from-worker'), `${token}\n`);
  const body = trialScript(join(input.folder, 'from-worker'), answerFile);
  const batch = trialBatch(trial);
  const outcome = readSubmission(await callTrial(trial, batch, { body, options: ['--time=1'] }));
  if (outcome.kind !== 'accepted') return judgeRefusal('a trial job', outcome, false);
  const { jobId } = outcome;
  const deadline = performance.now() + patienceSeconds * 1000;
  let state = 'not shown';
  for (;;) {
    const answer = parseAnswer(await readFile(answerFile, 'utf8').catch(() => ''));
    if (answer?.token === token) return judgeAnswer(input.dir, answer);
    const job = await input.commands.ask('scontrol', ['show', 'job', jobId]);
    const shown = parseScontrolJob(job.stdout);
    const ended = shown !== null && classOfState(shown.state) === 'ended';
    state = shown === null ? state : `${shown.state}, ${shown.reason}`;
    if (performance.now() >= deadline) break;
    // Its answer may be on the way through a shared file system: the end alone is not waited past.
    if (ended && shown.exit?.code !== 0) {
      const said = await fileTail(`${batch.paths.stdioPrefix}${jobId}.err`, SHOWN_LINES);
      return judgeEnd(
        input.dir,
        { ...shown, jobId, state },
        said ?? '',
        headOptions(input.config).loginShell,
      );
    }
    await sleep(LOOK_SECONDS * 1000);
  }
  await input.commands.ask('scancel', [jobId]);
  return warning(
    `${input.dir}: trial job ${jobId} has given no answer within ${patienceSeconds} s (${state})`,
    'the cluster is busy: try again; or the node writes where this host does not look',
  );
};
