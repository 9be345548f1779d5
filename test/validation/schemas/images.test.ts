import { expect, it } from 'vitest';
import { laxBoolean } from '../../../src/validation/schemas/images.js';
import { pythonRecorded } from '../../support/python-recorded.js';

it('takes the spellings of booleans that pydantic takes', () => {
  for (const [value, expected] of pythonRecorded.lax_booleans) {
    expect(laxBoolean(value) ?? null, JSON.stringify(value)).toBe(expected);
  }
});
