/** What all that is done with a cluster's jobs shares. */
import type { Accounting } from '../commands/accounting.js';
import type { SlurmCommands } from '../commands/commands.js';
import type { Poller } from '../commands/poller.js';
import type { ClusterSettings } from '../commands/scontrol.js';
import type { PartitionNode } from '../commands/sinfo.js';
import type { SlurmConfig } from '../options/config.js';
import type { Canceller } from './canceller.js';
import type { Gate } from './gate.js';

export interface Scheduler {
  config: SlurmConfig;
  user: string;
  commands: SlurmCommands;
  poller: Poller;
  accounting: Accounting;
  gate: Gate;
  /** Gathers the requests of one moment. */
  scancel: Canceller;
  settings(): Promise<ClusterSettings>;
  /** All nodes of all partitions; null where there is no answer. */
  sinfo(): Promise<PartitionNode[] | null>;
}
