/** Journals of a batch, text in, data out. The format stands in docs/batch-script.md. */

/** How one unit ended. */
export interface UnitEnd {
  index: number;
  /**
   * As a shell reports it: 129 to 192 means killed by signal status - 128. null: it has ended, but its shell does not
   * know how. Such a unit counts as interrupted: never as done, and never run again where that is not allowed.
   */
  status: number | null;
  /** Wall time of the process on its node. */
  seconds: number;
  /** Seconds since the epoch, by the node's clock at the start of the script and its uptime since. */
  startedAt: number;
  endedAt: number;
  /** The unit's output file was there when it ended: a reader that doesn't see it yet waits for it. */
  wroteOutput: boolean;
  jobId: string;
  restart: number;
  host: string;
}

/** One copy of the script, as its own journal tells. */
export interface ScriptCopy {
  key: string;
  jobId: string;
  restart: number;
  host: string;
  startedAt: number;
  /** The closing line is there: this copy has seen every unit claimed, and all that it claimed itself have ended. */
  closed: boolean;
  /** The command was not found or not executable: no unit without an end was begun by this copy. */
  notExecutable: boolean;
  /** Exit code with which the script gave up, null if it did not say so (docs/batch-script.md). */
  quit: number | null;
  ends: UnitEnd[];
}

export interface JournalReport {
  ends: Map<number, UnitEnd>;
  /**
   * Some copy has closed: no unit of the batch will ever be begun by it, and each unit has an end here, or was not
   * executable, or was claimed by another copy that has left no end for it.
   */
  complete: boolean;
  notExecutable: boolean;
  copies: ScriptCopy[];
}

const number = String.raw`(\d+(?:\.\d+)?)`;
const HEADER = new RegExp(String.raw`^J 1 (\S+) (\S+) (\d+) (\S+) ${number} ${number} \.$`);
const END = new RegExp(String.raw`^E (\d+) (\d{1,3}|-) ${number} ${number} ([01]) \.$`);
const QUIT = /^Q (\d{1,3}) \.$/;

const lastQuit = (lines: string[]): number | null => {
  const codes = lines.map((line) => QUIT.exec(line)?.[1]).filter((code) => code !== undefined);
  return codes.length === 0 ? null : Number(codes.at(-1));
};

/** /proc/uptime counts hundredths; more digits would be noise of the subtraction. */
const roundToHundredths = (seconds: number): number => Math.round(seconds * 100) / 100;

/**
 * One journal. Lines that are not whole (the last one while it is written, bytes lost or zeroed by a shared file
 * system) are passed over, so that what is missing is never mistaken for an end.
 *
 * @returns null while there is no readable header: nothing can be said about this copy yet.
 */
export const parseJournal = (text: string): ScriptCopy | null => {
  const lines = text.split('\n').slice(0, -1);
  const header = lines.map((line) => HEADER.exec(line)).find((match) => match !== null);
  if (!header) return null;
  const [, key = '', jobId = '', restart, host = '', epoch, uptime] = header;
  const origin = Number(epoch) - Number(uptime);
  const copy = { jobId, restart: Number(restart), host };
  return {
    ...copy,
    key,
    startedAt: Number(epoch),
    closed: lines.includes('C .'),
    notExecutable: lines.includes('X .'),
    quit: lastQuit(lines),
    ends: lines.flatMap((line) => {
      const match = END.exec(line);
      if (!match) return [];
      const [, index, status, began, ended, wrote] = match;
      return {
        ...copy,
        index: Number(index),
        status: status === '-' ? null : Number(status),
        seconds: roundToHundredths(Number(ended) - Number(began)),
        startedAt: origin + Number(began),
        endedAt: origin + Number(ended),
        wroteOutput: wrote === '1',
      };
    }),
  };
};

/**
 * What all copies of one batch say together. No unit is begun twice, so two ends of one unit can only come from a
 * damaged file system; the one that began first counts.
 */
export const mergeJournals = (copies: ScriptCopy[]): JournalReport => {
  const ends = new Map<number, UnitEnd>();
  for (const end of copies.flatMap((copy) => copy.ends)) {
    const known = ends.get(end.index);
    if (!known || end.startedAt < known.startedAt) ends.set(end.index, end);
  }
  return {
    ends,
    complete: copies.some((copy) => copy.closed),
    notExecutable: copies.some((copy) => copy.notExecutable),
    copies,
  };
};
