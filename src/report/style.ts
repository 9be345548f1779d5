/** How text for people may look where it goes: width, colours, symbols. Pure. */

export interface Style {
  /** Columns of the terminal; Infinity where nothing is cut (a file, a pipe). */
  width: number;
  color: boolean;
  /** Can the place show more than ASCII? */
  unicode: boolean;
}

/** What a word says, whatever its colour is. */
export type Tone = 'good' | 'bad' | 'busy' | 'odd';

/** The basic colours: every palette has them readable on its own background. */
const codes: Record<Tone, number> = { good: 32, bad: 31, busy: 36, odd: 33 };

export const paint = ({ color }: Style, tone: Tone | null, text: string): string =>
  color && tone !== null && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[39m` : text;

/** Beside the words of a state, so that it can be told without colours and at a glance. One column each. */
const symbols: Record<string, [tone: Tone | null, unicode: string, ascii: string]> = {
  done: ['good', '✓', '+'],
  completed: ['good', '✓', '+'],
  failed: ['bad', '✗', 'x'],
  timed_out: ['bad', '✗', 'x'],
  terminated: ['bad', '✗', 'x'],
  cancelled: ['odd', '✗', 'x'],
  cancelling: ['odd', '●', '*'],
  running: ['busy', '●', '*'],
  planning: ['busy', '●', '*'],
  applying: ['busy', '●', '*'],
  pausing: ['odd', '●', '*'],
  stopping: ['odd', '●', '*'],
  paused: ['odd', '○', '-'],
  held: ['odd', '○', '-'],
  waiting: [null, '○', '-'],
};

/** Temporal calls done what is done. */
const words: Record<string, string> = { completed: 'done', timed_out: 'timed out' };

/** As people call it. */
export const stateWord = (state: string): string => words[state] ?? state;

/** A cell of a table: `✓ done`, a state as people read it. */
export const stateCell = (state: string, { unicode }: Style): { text: string; tone: Tone | null } => {
  const [tone, sign, ascii] = symbols[state] ?? [null, ' ', ' '];
  return { tone, text: `${unicode ? sign : ascii} ${stateWord(state)}` };
};

export const stateText = (state: string, style: Style): string => {
  const { text, tone } = stateCell(state, style);
  return paint(style, tone, text);
};

/** Temporal's word, or the run's own where that says more: held, paused, cancelling. */
export const shownState = (state: string | null, own: string | null): string | null =>
  state === 'running' && own !== null ? own : state;

/** What stands for the rest of a text that was cut. */
export const ellipsis = ({ unicode }: Style): string => (unicode ? '…' : '..');
