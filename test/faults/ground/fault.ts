/** What a fault is. */
import type { UnitCause } from '../../../src/wire/result.js';
import type { Random } from './random.js';
import type { RunUnderFault } from './run.js';
import type { BackendName, World } from './world.js';

export interface Target {
  world: World;
  /** The run that it is aimed at; what hits a part hits the others as well. */
  run: RunUnderFault;
  random: Random;
  /** Seconds of a long absence, shorter in a quick round: `long` of the campaign, `short` of the round in `npm test`. */
  seconds(long: number, short: number): number;
}

export interface Fault {
  /** Its row in docs/reliability.md. */
  name: string;
  on: readonly BackendName[];
  /**
   * Causes of units that it may bring about; none: every unit ends as its run's shape says. `anything`: storage was
   * damaged, so that the run may fail as a whole, with a right image list all the same.
   */
  spoils: readonly UnitCause[] | 'anything';
  /** The run may end as cancelled. */
  cancels?: boolean;
  needs?: 'shim' | 'own disk';
  /** Two faults of one case that hold the same wait for each other; default: its name. */
  holds?: (target: Target) => string | readonly string[];
  /** Brings it about, waits, and heals it. false: there was nothing to hit any more. */
  inject(target: Target): Promise<boolean>;
}
