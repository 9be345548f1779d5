/** Why units run again and with what, in a few words for the Web UI and logs: "8 GB after OUT_OF_MEMORY". Pure. */
import type { JsonObject, JsonValue } from '../wire/request.js';
import type { Ask } from './ask.js';
import type { TriedUnit, UnitOutcome } from './unit-outcome.js';

/** Causes told; a part with more of them is no matter of one cause. */
const CAUSES_TOLD = 3;

const endWord = ({ begun, cause, exit_code: code, state }: TriedUnit): string | null => {
  if (!begun) return null;
  if (cause === 'exit') return `exit code ${String(code)}`;
  if (cause === 'out_of_memory') return 'OUT_OF_MEMORY';
  return state ?? (cause === 'timeout' ? 'TIMEOUT' : 'an interruption');
};

/** 300 MB, 8 GB, 1.5 GB: powers of ten, as SLURM's options count. */
export const memoryWords = (megabytes: number): string =>
  megabytes < 1000 ? `${megabytes} MB` : `${Math.round(megabytes / 100) / 10} GB`;

/** As sbatch takes it: a number alone counts minutes. */
export const timeWords = (limit: string): string => (/^\d+$/.test(limit) ? `${limit} min` : limit);

const amounts = (memory: JsonValue | undefined, time: JsonValue | undefined): string[] => [
  ...(typeof memory === 'number' ? [memoryWords(memory)] : []),
  ...(typeof time === 'string' ? [timeWords(time)] : []),
];

/** What was asked for, in words; empty where a backend knows of no such thing. */
export const askedWords = ({ mem_mb_per_unit: memory, time }: JsonObject): string =>
  amounts(memory, time).join(', ');

/** Words for what ended the tries of some units, each once; empty where none of them had begun. */
export const endWords = (tried: readonly TriedUnit[]): string => {
  const words = [...new Set(tried.map(endWord))].filter((word) => word !== null);
  const rest = words.length > CAUSES_TOLD ? ' and more' : '';
  return `${words.slice(0, CAUSES_TOLD).join(', ')}${rest}`;
};

/**
 * @param units that run again together.
 * @param resources that they ask for, and `asks`: which of them were raised.
 */
export const repeatWords = (units: readonly UnitOutcome[], resources: JsonObject, asks: Ask): string => {
  const { mem_mb_per_unit: memory, time } = resources;
  const asked = amounts(asks.memory > 0 ? memory : undefined, asks.time > 0 ? time : undefined).join(', ');
  const after = endWords(units.flatMap(({ tries }) => tries.slice(-1)));
  return [asked, after === '' ? 'what had not started' : `after ${after}`].filter(Boolean).join(' ');
};
