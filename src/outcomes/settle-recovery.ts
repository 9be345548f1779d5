/** From what a worker's configuration and a request give of `recovery` to what holds for each task. Pure. */
import type { GivenRecovery, LimitRecovery, Recovery, RecoveryRules } from '../wire/recovery.js';
import { DEFAULT_FACTOR, DEFAULT_INFRASTRUCTURE_TRIES } from './tunables.js';

const builtIn: RecoveryRules = {
  rerun_interrupted: false,
  memory: { tries: 0, factor: DEFAULT_FACTOR, max: null },
  time: { tries: 0, factor: DEFAULT_FACTOR, max: null },
  infrastructure: { tries: DEFAULT_INFRASTRUCTURE_TRIES, given: false },
  exit_codes: {},
  on_failure: 'fail',
};

const laidLimit = (under: LimitRecovery, over: GivenRecovery['memory']): LimitRecovery => ({
  tries: over?.tries ?? under.tries,
  factor: over?.factor ?? under.factor,
  // null is a value: it takes back what lies under it.
  max: over?.max === undefined ? under.max : over.max,
});

/** Key by key: what `over` does not say is as `under` has it. */
const laid = (under: RecoveryRules, over: GivenRecovery): RecoveryRules => {
  const tries = over.infrastructure?.tries;
  return {
    rerun_interrupted: over.rerun_interrupted ?? under.rerun_interrupted,
    memory: laidLimit(under.memory, over.memory),
    time: laidLimit(under.time, over.time),
    infrastructure: tries === undefined ? under.infrastructure : { tries, given: true },
    exit_codes: { ...under.exit_codes, ...over.exit_codes },
    on_failure: over.on_failure ?? under.on_failure,
  };
};

/**
 * @param defaults of the worker's configuration; they count as given.
 * @param given by the request, with what it says of single tasks.
 */
export const settleRecovery = (
  defaults: GivenRecovery,
  given: GivenRecovery,
  tasks: Record<string, GivenRecovery>,
): Recovery => {
  const run = laid(laid(builtIn, defaults), given);
  const own = Object.entries(tasks).map(([position, rules]) => [position, laid(run, rules)] as const);
  return { ...run, tasks: Object.fromEntries(own) };
};
