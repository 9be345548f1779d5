import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatUnit, parseUnits, type BatchUnit } from '../../src/batch/units-file.js';

const unit: fc.Arbitrary<BatchUnit> = fc.record(
  {
    index: fc.nat(),
    stem: fc.constantFrom('non_par-', 'par-000001-0000012'),
    args: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue() as fc.Arbitrary<never>),
    interruptedIn: fc.nat(),
    group: fc.nat(),
  },
  { requiredKeys: ['index', 'stem', 'args'] },
);

it('a unit is one line of three words whatever its arguments hold, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const lines = units.map(formatUnit);
      for (const line of lines) expect(line.split(/[\t\n\0]/)).toHaveLength(3);
      // JSON knows no -0.
      expect(parseUnits(lines.map((line) => `${line}\n`).join(''))).toEqual(
        JSON.parse(JSON.stringify(units)),
      );
    }),
  );
});

it('comes back with every character of the basic plane in its arguments', () => {
  const text = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code)).join('');
  const given: BatchUnit = { index: 0, stem: 'par-000000-0000000', args: { [text]: text } };
  expect(parseUnits(`${formatUnit(given)}\n`)).toEqual([given]);
});

it('refuses a text that is cut short or is something else', () => {
  const line = formatUnit({ index: 1, stem: 'par-000000-0000001', args: { a: 1 } });
  expect(() => parseUnits(line)).toThrow('cut short');
  expect(() => parseUnits(`${line}\n${line.slice(0, -1)}\n`)).toThrow('line 2');
  expect(parseUnits('')).toEqual([]);
});
