/** Tunables of the verdict. */

/** Tries of a batch in a row that end no unit: enough for a few bad nodes, few enough to notice a broken site. */
export const MAX_TRIES_WITHOUT_PROGRESS = 5;

/** Preemptions of a batch in a row: usual on a busy cluster, where a job may have to give way all night. */
export const MAX_PREEMPTIONS = 100;

/** Repeats of one unit that `rerun_interrupted` alone allows: what is interrupted more often is interrupted for a reason. */
export const RERUN_TRIES = 5;

/** More than a few bad nodes at once are no matter of nodes; the newest are kept. */
export const MAX_AVOIDED_NODES = 8;

/** What a unit asks for after a limit, over what it had: few tries to reach what it needs, none much too large. */
export const DEFAULT_FACTOR = 2;

/** Repeats of a unit after losses of its node or job: several bad nodes in a row are none of its doing. */
export const DEFAULT_INFRASTRUCTURE_TRIES = 5;

/** Of the log's last line in a failure's message: the rest is in its details. */
export const HEADLINE_CHARACTERS = 200;
