/** All faults: a row each in docs/reliability.md. */
import type { Fault } from '../ground/fault.js';
import type { World } from '../ground/world.js';
import { batchFaults } from './batches.js';
import { operatorFaults } from './operator.js';
import { processFaults } from './processes.js';
import { schedulerFaults } from './scheduler.js';
import { storageFaults } from './storage.js';

export const faults: readonly Fault[] = [
  ...processFaults,
  ...operatorFaults,
  ...batchFaults,
  ...storageFaults,
  ...schedulerFaults,
];

/** Those that this world can have. */
export const faultsOf = ({ backend, shim }: Pick<World, 'backend' | 'shim'>): Fault[] =>
  faults.filter(({ on, needs }) => on.includes(backend) && (needs !== 'shim' || shim !== null));
