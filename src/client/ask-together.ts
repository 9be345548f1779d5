/** Pieces of files that are asked for at the same time travel together: each question is a workflow of its own. */
import { MORE_PIECES, type RunFilePiece, type WantedPiece } from '../wire/run-file.js';

export type Ask = (input: WantedPiece & { more?: WantedPiece[] }) => Promise<RunFilePiece>;

interface Waiting {
  wanted: WantedPiece;
  resolve: (piece: RunFilePiece | Promise<RunFilePiece>) => void;
  reject: (error: unknown) => void;
}

/** What comes first in an answer that is about the others: no bytes of the run's own directory. */
const NOTHING: WantedPiece = { path: '', length: 0, digest: false };

/** What is asked for before the next turn of the event loop goes together. A piece may be shorter than was asked for. */
export const askTogether = (ask: Ask): ((wanted: WantedPiece) => Promise<RunFilePiece>) => {
  let waiting: Waiting[] = [];
  const askAlone = (these: Waiting[]): void => {
    for (const { wanted, resolve } of these) resolve(ask(wanted));
  };
  const askAll = async (these: Waiting[]): Promise<void> => {
    let left = these;
    while (left.length > 1) {
      const { more = [] } = await ask({ ...NOTHING, more: left.map(({ wanted }) => wanted) });
      for (const [index, piece] of more.entries()) {
        const one = left[index];
        if (one === undefined) break;
        if (piece === null) askAlone([one]);
        else one.resolve(piece);
      }
      left = left.slice(more.length);
      // Its worker is older than this way to ask.
      if (more.length === 0) break;
    }
    askAlone(left);
  };
  const send = (these: Waiting[]): void => {
    askAll(these).catch((error: unknown) => {
      for (const { reject } of these) reject(error);
    });
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += MORE_PIECES) send(all.slice(start, start + MORE_PIECES));
  };
  return (wanted) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ wanted, resolve, reject });
    });
};
