/** One thing that was looked at, as one line. */
export interface Finding {
  /** `warning`: runs work, but not as well as they could, or it could not be told. */
  status: 'ok' | 'warning' | 'problem';
  what: string;
  /** What to do; null where nothing is to be done. */
  remedy: string | null;
}

export const ok = (what: string): Finding => ({ status: 'ok', what, remedy: null });
export const warning = (what: string, remedy: string): Finding => ({ status: 'warning', what, remedy });
export const problem = (what: string, remedy: string): Finding => ({ status: 'problem', what, remedy });

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, '; ');

export const formatFinding = ({ status, what, remedy }: Finding): string =>
  `${status.padEnd(8)} ${oneLine(what)}${remedy === null ? '' : ` -> ${oneLine(remedy)}`}`;
