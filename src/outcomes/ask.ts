/** What a unit asks for, over what was planned: how often each limit of its jobs was raised for it. Pure. */
import type { ReachedLimit } from '../batch/contract.js';

export type Ask = Readonly<Record<ReachedLimit, number>>;

export const asPlanned: Ask = { memory: 0, time: 0 };

/** What a unit asks for that a limit has stopped. */
export const raised = (ask: Ask, limit: ReachedLimit): Ask => ({ ...ask, [limit]: ask[limit] + 1 });

export const most = (asks: readonly Ask[]): Ask => ({
  memory: Math.max(0, ...asks.map(({ memory }) => memory)),
  time: Math.max(0, ...asks.map(({ time }) => time)),
});

/**
 * Names the part of a try whose units ask for this much (`m1`: memory raised once, `t2`: time twice); empty where nothing was
 * raised. It stands in the part's key.
 */
export const partName = ({ memory, time }: Ask): string =>
  `${memory > 0 ? `m${memory}` : ''}${time > 0 ? `t${time}` : ''}`;
