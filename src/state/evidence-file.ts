/**
 * Evidence of a try as a file: a header line, a line per unit, and a last line with the digest of all before it
 * (docs/files.md). It is named by its batch's key, so that nobody has to carry a reference to it.
 */
import type { BatchEvidence, TryEvidence, UnitEvidence } from '../outcomes/evidence.js';
import { StateCorrupt } from './errors.js';
import { adoptState, readBytesIfThere, sha256 } from './files.js';
import { parseLines } from './json-lines.js';
import { evidenceOfOldOutcome } from './old-outcome.js';
import { oldOutcomePath } from './paths.js';

const SEAL = /^\{"sha256":"([0-9a-f]{64})"\}\n$/;
const SEAL_BYTES = '{"sha256":""}\n'.length + 64;

const format = ({ header, units }: TryEvidence): string[] => {
  const lines = [header, ...units].map((line) => `${JSON.stringify(line)}\n`);
  return [...lines, `{"sha256":"${sha256(lines.join(''))}"}\n`];
};

/** Whether the file is what was written, to its last byte. */
const isWhole = (bytes: Buffer): boolean => {
  if (bytes.length <= SEAL_BYTES) return false;
  const content = bytes.subarray(0, bytes.length - SEAL_BYTES);
  return SEAL.exec(bytes.toString('latin1', content.length))?.[1] === sha256(content);
};

const parse = (bytes: Buffer): TryEvidence => {
  const [header, ...rest] = parseLines<BatchEvidence | UnitEvidence>(bytes);
  return { header: header as BatchEvidence, units: rest.slice(0, -1) as UnitEvidence[] };
};

/** Publishes what was seen; where another attempt was quicker, what that one has seen is returned and counts. */
export const publishEvidence = async (path: string, evidence: TryEvidence): Promise<TryEvidence> =>
  parse((await adoptState(path, format(evidence), isWhole)).bytes);

/** What a worker of 0.1 had published of the try; null where it had not. */
const readOldOutcome = async (path: string): Promise<TryEvidence | null> => {
  const old = oldOutcomePath(path);
  const bytes = await readBytesIfThere(old);
  if (bytes === null) return null;
  try {
    return evidenceOfOldOutcome(bytes);
  } catch {
    throw new StateCorrupt(old, 'its content has changed: it was edited, cut off or damaged');
  }
};

/** null while nobody has published any, or what is there was never written whole. Throws StorageFailed. */
export const readEvidenceIfThere = async (path: string): Promise<TryEvidence | null> => {
  const bytes = await readBytesIfThere(path);
  if (bytes !== null && isWhole(bytes)) return parse(bytes);
  return readOldOutcome(path);
};

/** @throws StateCorrupt when it is not what was written, StorageFailed when it cannot be read. */
export const readEvidence = async (path: string): Promise<TryEvidence> => {
  const bytes = await readBytesIfThere(path);
  const old = bytes === null ? await readOldOutcome(path) : null;
  if (old !== null) return old;
  if (bytes === null) throw new StateCorrupt(path, 'is not there any more: it was removed');
  if (!isWhole(bytes))
    throw new StateCorrupt(path, 'its content has changed: it was edited, cut off or damaged');
  return parse(bytes);
};
