/**
 * What a supervised worker is told on its stdin, one line of JSON: its command line is always the same, so that sudoers
 * can allow exactly it, and nothing of it shows in `ps`. The end of stdin tells it to end.
 */
import { z } from 'zod';
import { shares } from '../state/rights.js';
import { whyForbidden } from './variables.js';

const settings = z.strictObject({
  version: z.literal(1),
  user: z.string(),
  uid: z.int().positive(),
  queue: z.string().min(1),
  slurm_config: z.string().min(1),
  share: z.enum(shares),
  umask: z.int().min(0).max(0o777).nullable(),
  idle_seconds: z.number().positive(),
  address: z.string().min(1),
  namespace: z.string().min(1),
  profile: z.string().nullable(),
  keys: z.string().nullable(),
  environment: z.record(
    z.string().refine((name) => whyForbidden(name) === null, { error: 'forbidden' }),
    z.string(),
  ),
});

export type WorkerSettings = z.output<typeof settings>;

/** @throws Error when it is none: another release's, or nobody's. */
export const parseSettings = (line: string): WorkerSettings => {
  let data: unknown = null;
  try {
    data = JSON.parse(line);
  } catch {
    // It may hold a secret: it is not quoted.
  }
  const parsed = settings.safeParse(data);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => `/${path.join('/')}`).join(', ');
  throw new Error(
    `--supervised is for a supervisor (\`worker slurm --users FILE\`), which writes settings to stdin; these are none (${where}).`,
  );
};

/** What a supervised worker says on stdout, a line each. */
export type WorkerEvent = { event: 'ready' } | { event: 'idle' };

const EVENTS = ['ready', 'idle'] as const;

export const parseEvent = (line: string): WorkerEvent['event'] | null => {
  try {
    const { event } = JSON.parse(line) as { event?: unknown };
    return EVENTS.find((known) => known === event) ?? null;
  } catch {
    return null;
  }
};
