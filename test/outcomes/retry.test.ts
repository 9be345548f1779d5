import { describe, expect, it } from 'vitest';
import { consentWords, indicesInWords, needsConsent } from '../../src/outcomes/retry.js';
import type { JsonObject } from '../../src/wire/request.js';
import { unitCauses, type UnitCause } from '../../src/wire/result.js';

const asked = (meta: JsonObject = {}, rerun_interrupted = false) => ({ meta, rerun_interrupted });
const interruptions = (consent: ReturnType<typeof asked>): UnitCause[] =>
  unitCauses.filter((cause) => needsConsent(cause, consent));

describe('whether a retry needs more than the operator’s word', () => {
  const byThemselves: UnitCause[] = ['exit', 'signal', 'invalid_output'];
  const interrupted = unitCauses.filter((cause) => !byThemselves.includes(cause));

  it('units that ended by themselves, and those that never began, do not', () => {
    expect(interruptions(asked())).toEqual(interrupted);
    expect(needsConsent(null, asked())).toBe(false);
  });

  it('raising the very limit that was reached is consent', () => {
    expect(interruptions(asked({ mem: '8G' }))).toEqual(
      interrupted.filter((cause) => cause !== 'out_of_memory'),
    );
    expect(interruptions(asked({ time: '2:00:00' }))).toEqual(
      interrupted.filter((cause) => cause !== 'timeout'),
    );
  });

  it('so is saying it', () => {
    expect(interruptions(asked({}, true))).toEqual([]);
  });

  it('is said in words', () => {
    expect(consentWords(new Set(['out_of_memory', 'interrupted']))).toBe(
      'ask for more (meta: mem), or say that they may run again all the same (rerun_interrupted)',
    );
  });
});

it.each([
  [[], ''],
  [[3], '3'],
  [[3, 7, 8, 9, 12], '3, 7-9, 12'],
  [Array.from({ length: 20 }, (_, place) => place * 2), '0, 2, 4, 6, 8, 10, 12, 14 and 12 more'],
])('indices in words: %j', (indices, words) => {
  expect(indicesInWords(indices)).toBe(words);
});
