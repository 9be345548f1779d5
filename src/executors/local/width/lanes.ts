/** What the lanes of a running script have written about themselves (docs/local.md). Text in, data out. */
export interface LanesState {
  /** Lanes that may be running a unit. */
  active: Set<number>;
  /** Lanes that have ended: no unit was left for them. */
  finished: Set<number>;
  /** The script has ended in good order; its lanes run nothing any more. */
  closed: boolean;
}

/**
 * An unfinished last line is left for the next look: whoever writes a "+" still has to ask again, and who writes
 * anything else counts as busy for that much longer.
 */
export const parseLanes = (text: string): LanesState => {
  const state: LanesState = { active: new Set(), finished: new Set(), closed: false };
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '.') state.closed = true;
    const match = /^([-+x]) (\d+)$/.exec(line);
    if (!match) continue;
    const lane = Number(match[2]);
    if (match[1] === '+') state.active.add(lane);
    else state.active.delete(lane);
    if (match[1] === 'x') state.finished.add(lane);
  }
  return state;
};
