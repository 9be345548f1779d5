/** The units that an operator names, checked one by one before anything changes. */
import { consentWords, indicesInWords, needsConsent, reachedLimit } from '../../outcomes/retry.js';
import type { Backend } from '../../batch/contract.js';
import type { JsonObject } from '../../wire/request.js';
import type { UnitCause } from '../../wire/result.js';
import type { ChosenUnits } from '../../wire/updates.js';
import { UpdateRefused } from '../errors.js';
import { layeredUnits, type LayeredUnit } from './layers.js';
import type { StageRounds } from './stages.js';

export interface Choice {
  units: ChosenUnits;
  givenUp: ReadonlySet<number>;
}

/** Those that are chosen of each batch of the stage's plan, in the order of their indices. */
export type ChosenByBatch = LayeredUnit[][];

const refuse = (why: string): never => {
  throw new UpdateRefused(why);
};

const areOrIs = (indices: readonly number[], one: string, several: string): string =>
  `${indices.length === 1 ? 'unit' : 'units'} ${indicesInWords(indices)} ${indices.length === 1 ? one : several}`;

/** @throws UpdateRefused for an index that is no unit's, and for units that are done or given up. */
export const chooseUnits = async (
  { sources }: StageRounds,
  { units: wanted, givenUp }: Choice,
): Promise<ChosenByBatch> => {
  const named = wanted === 'failed' ? null : new Set(wanted);
  const done: number[] = [];
  const skipped: number[] = [];
  const chosen: ChosenByBatch = [];
  for await (const { units } of layeredUnits(sources)) {
    const ofBatch: LayeredUnit[] = [];
    for (const unit of units) {
      const { index } = unit;
      if (named !== null && !named.delete(index)) continue;
      if (unit.status === 'done') {
        if (named !== null) done.push(index);
      } else if (givenUp.has(index)) {
        if (named !== null) skipped.push(index);
      } else ofBatch.push(unit);
    }
    chosen.push(ofBatch);
  }
  const total = sources[0].plan.units;
  if (named !== null && named.size > 0)
    refuse(`there is no unit ${indicesInWords([...named])}: the indices go from 0 to ${total - 1}`);
  if (done.length > 0) refuse(areOrIs(done, 'has succeeded', 'have succeeded'));
  if (skipped.length > 0) refuse(areOrIs(skipped, 'was skipped', 'were skipped'));
  if (chosen.every((units) => units.length === 0)) refuse('no failed unit is open');
  return chosen;
};

/** @throws UpdateRefused where units that were interrupted are not allowed to run again. */
export const checkConsent = (
  chosen: ChosenByBatch,
  consent: { meta: JsonObject; rerun_interrupted: boolean },
): void => {
  const causes = new Set<UnitCause>();
  const indices: number[] = [];
  for (const { index, lastBegun } of chosen.flat()) {
    const cause = lastBegun?.cause ?? null;
    if (cause === null || !needsConsent(cause, consent)) continue;
    causes.add(cause);
    indices.push(index);
  }
  if (indices.length === 0) return;
  refuse(
    `${areOrIs(indices, 'was', 'were')} interrupted (${[...causes].join(', ')}) and may have changed data: ${consentWords(causes)}`,
  );
};

/**
 * That `meta` names the limit that a unit reached is consent only where it is more than the unit had.
 *
 * @param resources of the retry.
 * @throws UpdateRefused where units that were interrupted would run again with no more than that.
 */
export const checkMore = (
  chosen: ChosenByBatch,
  resources: JsonObject,
  limits: NonNullable<Backend['limits']>,
): void => {
  const now = limits(resources);
  const causes = new Set<UnitCause>();
  const indices: number[] = [];
  for (const { index, lastBegun } of chosen.flat()) {
    const cause = lastBegun?.cause ?? null;
    const reached = cause === null ? null : reachedLimit(cause);
    if (cause === null || reached === null) continue;
    const asked = lastBegun?.tries.findLast((one) => one.cause === cause)?.requested;
    const [before, after] = [asked === undefined ? null : limits(asked)[reached], now[reached]];
    // What is not known speaks for nothing: then the operator's word counts.
    if (before === null || after === null || after > before) continue;
    causes.add(cause);
    indices.push(index);
  }
  if (indices.length === 0) return;
  refuse(
    `${areOrIs(indices, 'was', 'were')} interrupted (${[...causes].join(', ')}) and would have no more than then: ${consentWords(causes)}`,
  );
};
