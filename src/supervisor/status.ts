/** What a supervisor shows: a page of all users (`/users` of its port), and metrics. */
import type { MetricMeter } from '@temporalio/common';
import type { Kept } from './keeping.js';

export interface UserStatus {
  user: string;
  queue: string;
  state: Kept['state'] | 'refused';
  /** RFC 3339. */
  since: string;
  pid: number | null;
  /** Workers started for this user since the supervisor has been. */
  starts: number;
  /** Failures in a row; 0 once one has ended in order. */
  failures: number;
  /** When the next is started after a failure; null: none waits for its turn. */
  next_start: string | null;
  /** Activities that waited at the last look. */
  backlog: number;
  /** Workers of others that poll its queues. */
  others: string[];
  /** How its last worker ended, or why there can be none. */
  last_end: string | null;
}

const STATES: readonly UserStatus['state'][] = [
  ...(['resting', 'starting', 'running', 'ending', 'waiting', 'refused'] as const),
];

export interface SupervisorMetrics {
  /** How many users are in each state. */
  show(users: readonly Pick<UserStatus, 'state'>[]): void;
  start(): void;
  failure(): void;
}

export const createSupervisorMetrics = (meter: MetricMeter): SupervisorMetrics => {
  const users = meter.createGauge(
    'fractal_supervised_users',
    'int',
    '',
    'Users, by the state of their worker',
  );
  const starts = meter.createCounter('fractal_supervised_starts', '', 'Workers started for users');
  const failures = meter.createCounter('fractal_supervised_failures', '', 'Workers of users that failed');
  starts.add(0);
  failures.add(0);
  const show: SupervisorMetrics['show'] = (all) => {
    for (const state of STATES) users.set(all.filter((each) => each.state === state).length, { state });
  };
  show([]);
  return { show, start: () => starts.add(1), failure: () => failures.add(1) };
};
