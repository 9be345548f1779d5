/** Asks sacct about jobs that have left squeue: one question for all of them, at most once per interval. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SlurmCommands } from './commands.js';
import { failureWords } from './commands.js';
import {
  accountingIsOff,
  parseSacct,
  sacctById,
  sacctByName,
  sacctByUser,
  type JobAccount,
} from './sacct.js';
import { ACCOUNTING_MARGIN_SECONDS, ACCOUNTING_SPACING_SECONDS } from '../tunables.js';

export type AccountAnswer =
  | { kind: 'account'; account: JobAccount }
  | { kind: 'absent' }
  /** The cluster keeps no accounts. */
  | { kind: 'off' }
  | { kind: 'error'; words: string };

export interface Accounting {
  /** A job by id, if it has this name; `lastSeen` in ms since the epoch. From the shared question. */
  find(jobId: string, name: string, lastSeen: number): Promise<AccountAnswer>;
  /** Also a job that never could run. Asked at once. */
  findById(jobId: string, name: string): Promise<AccountAnswer>;
  /** Jobs of this name since `from` (ms since the epoch). Asked at once. */
  findByName(name: string, from: number): Promise<JobAccount[] | { error: string } | 'off'>;
  /** All jobs of the user since `from` (ms since the epoch). Asked at once. */
  all(from: number): Promise<Accounts>;
}

export interface AccountingOptions {
  commands: SlurmCommands;
  user: string;
  intervalSeconds: number;
  commandTimeoutSeconds: number;
}

export type Accounts = Map<string, JobAccount> | 'off' | { error: string };

export const createAccounting = (options: AccountingOptions): Accounting => {
  const { commands, user, intervalSeconds, commandTimeoutSeconds } = options;
  const spacingMs = Math.min(intervalSeconds, ACCOUNTING_SPACING_SECONDS) * 1000;
  let last = -Infinity;
  let next: { from: number; answer: Promise<Accounts> } | null = null;
  let recent: { startedAt: number; from: number; answer: Promise<Accounts> } | null = null;

  const ask = async (args: string[]): Promise<Accounts> => {
    const end = await commands.ask('sacct', args);
    if (end.exitCode === 0) return parseSacct(end.stdout);
    // Without sacct at all, accounting is as good as off.
    if (accountingIsOff(end.stderr) || end.cutShort === 'not_started') return 'off';
    return { error: failureWords('sacct', end, commandTimeoutSeconds) };
  };

  /** One question for everybody who asks before it is put; `from` reaches back far enough for all of them. */
  const shared = (from: number): Promise<Accounts> => {
    const now = performance.now();
    if (recent !== null && now - recent.startedAt < spacingMs && from >= recent.from) return recent.answer;
    if (next !== null) {
      next.from = Math.min(next.from, from);
      return next.answer;
    }
    const wanted = { from, answer: Promise.resolve<Accounts>('off') };
    wanted.answer = (async () => {
      await sleep(Math.max(0, last + spacingMs - now));
      next = null;
      last = performance.now();
      const answer = ask(sacctByUser(user, (Date.now() - wanted.from) / 1000));
      recent = { startedAt: last, from: wanted.from, answer };
      return answer;
    })();
    next = wanted;
    return wanted.answer;
  };

  const pick = (answer: Accounts, jobId: string, name: string): AccountAnswer => {
    if (answer === 'off') return { kind: 'off' };
    if (!(answer instanceof Map)) return { kind: 'error', words: answer.error };
    const account = answer.get(jobId);
    // Ids are given again: only the name says whose job it was.
    return account === undefined || account.name !== name ? { kind: 'absent' } : { kind: 'account', account };
  };

  return {
    find: async (jobId, name, lastSeen) =>
      pick(await shared(lastSeen - ACCOUNTING_MARGIN_SECONDS * 1000), jobId, name),
    findById: async (jobId, name) => pick(await ask(sacctById(jobId)), jobId, name),
    all: (from) => ask(sacctByUser(user, (Date.now() - from) / 1000 + ACCOUNTING_MARGIN_SECONDS)),
    findByName: async (name, from) => {
      const seconds = (Date.now() - from) / 1000 + ACCOUNTING_MARGIN_SECONDS;
      const answer = await ask(sacctByName(user, name, seconds));
      if (answer === 'off') return 'off';
      return answer instanceof Map ? [...answer.values()].filter((account) => account.name === name) : answer;
    },
  };
};
