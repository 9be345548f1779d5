/** Sizes of the benches by hand. */

/** Often enough for a line through an hour, seldom enough to cost nothing. */
export const SAMPLE_SECONDS = 20;

/** A process that has just started fills its caches; a line is drawn through what comes after this part of the time. */
export const WARM_UP_SHARE = 1 / 3;

/** Of one run of the soak: a converter's images, a unit for each, one unit over all; tens of runs a minute on two cores. */
export const SOAK_IMAGES = 50;

export const MINUTES_MS = 60_000;
