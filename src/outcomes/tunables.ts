/** Tunables of the verdict. */

/** Tries of a batch in a row that end no unit: enough for a few bad nodes, few enough to notice a broken site. */
export const MAX_TRIES_WITHOUT_PROGRESS = 5;

/** More than a few bad nodes at once are no matter of nodes; the newest are kept. */
export const MAX_AVOIDED_NODES = 8;
