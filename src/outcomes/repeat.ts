/**
 * Whether a unit that has run may run again, and which budget pays for it (docs/recovery.md). Pure.
 *
 * A budget belongs to one unit and one cause: what one cause spends is never missing to another.
 */
import type { Policy } from './policy.js';

/**
 * What ended a run of a unit, as budgets know it. `interruption`: none of the others, e.g. the batch's script was killed.
 */
export type RepeatCause = 'memory' | 'time' | 'infrastructure' | 'interruption' | `exit ${number}`;

/** Repeats of a unit so far, by what paid for them. */
export type Spent = Readonly<Record<string, number>>;

/** Of the cause itself; null where nobody gave it one. */
const ownTries = (cause: RepeatCause, { rules }: Policy): number | null => {
  switch (cause) {
    case 'memory':
    case 'time':
      return rules[cause].tries > 0 ? rules[cause].tries : null;
    case 'infrastructure':
      return rules.infrastructure.given && rules.infrastructure.tries > 0 ? rules.infrastructure.tries : null;
    case 'interruption':
      return null;
    default:
      return rules.exit_codes[cause.slice('exit '.length)]?.tries ?? 0;
  }
};

export interface Permission {
  /** What pays for one more run; null: it may not run again. */
  budget: string | null;
  /** Somebody has allowed such repeats, and they are used up. */
  usedUp: boolean;
}

const forbidden: Permission = { budget: null, usedUp: false };

/**
 * A cause that somebody gave `tries` is bounded by them alone; `rerun_interrupted` pays for all other interruptions of a unit
 * together, and never for a unit that ended by itself.
 */
export const permission = (cause: RepeatCause, spent: Spent, policy: Policy): Permission => {
  const within = (budget: string, tries: number): Permission => {
    const left = (spent[budget] ?? 0) < tries;
    return { budget: left ? budget : null, usedUp: !left && tries > 0 };
  };
  const own = ownTries(cause, policy);
  if (own !== null) return within(cause, own);
  return policy.rules.rerun_interrupted ? within('rerun', policy.rerunTries) : forbidden;
};

/** With one more repeat on a budget. */
export const charged = (spent: Spent, budget: string): Spent => ({
  ...spent,
  [budget]: (spent[budget] ?? 0) + 1,
});
