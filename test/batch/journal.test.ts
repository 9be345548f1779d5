import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeJournals, parseJournal } from '../../src/batch/journal.js';

const HEADER = 'J 1 run-1 4711 0 node7 1700000000.250000000 1000.25 .\n';
const end = (index: number, status: number | '-' = 0, from = '1001.00', to = '1003.50', wrote = 1): string =>
  `E ${index} ${status} ${from} ${to} ${wrote} .\n`;

describe('parseJournal', () => {
  it('reads header, ends and closing line', () => {
    expect(parseJournal(`${HEADER}${end(3, 137)}C .\n`)).toEqual({
      ...{ key: 'run-1', jobId: '4711', restart: 0, host: 'node7', startedAt: 1_700_000_000.25 },
      ...{ closed: true, notExecutable: false, quit: null },
      ends: [
        {
          ...{ index: 3, status: 137, seconds: 2.5, startedAt: 1_700_000_001, endedAt: 1_700_000_003.5 },
          ...{ wroteOutput: true, jobId: '4711', restart: 0, host: 'node7' },
        },
      ],
    });
  });

  it('keeps an end of which nobody knows how apart from every exit status', () => {
    const copy = parseJournal(`${HEADER}${end(0, '-')}${end(1, 255)}C .\n`);
    expect(copy?.ends.map(({ index, status }) => [index, status])).toEqual([
      [0, null],
      [1, 255],
    ]);
  });

  it('reads why a script gave up, and that the command cannot be executed', () => {
    expect(parseJournal(`${HEADER}Q 92 .\n`)).toMatchObject({ quit: 92, closed: false });
    expect(parseJournal(`${HEADER}X .\nC .\n`)).toMatchObject({ notExecutable: true, closed: true });
  });

  it('says nothing without a whole header', () => {
    expect(parseJournal('')).toBeNull();
    expect(parseJournal(HEADER.trimEnd())).toBeNull();
    expect(parseJournal(end(1))).toBeNull();
  });

  it('cut off at any byte, holds exactly the lines that are whole', () => {
    const lines = [HEADER, end(0), end(11, 1), end(2, 139, '1.5', '20', 0), 'C .\n'];
    const text = lines.join('');
    for (let length = 0; length <= text.length; length += 1) {
      const whole = text.slice(0, length).split('\n').length - 1;
      const copy = parseJournal(text.slice(0, length));
      expect(copy?.ends.map(({ index }) => index) ?? null).toEqual(
        whole === 0 ? null : [0, 11, 2].slice(0, whole - 1),
      );
      expect(copy?.closed ?? false).toBe(whole === 5);
    }
  });

  it('passes over zeroed, glued and foreign lines, and keeps the others', () => {
    const zeroed = `E 5 0 1.0\0\0\0\0\0\0\n`;
    const glued = `E 6 0 1.00 2${end(7)}`;
    const copy = parseJournal(`${HEADER}${zeroed}${end(1)}${glued}garbage\n\n${end(2)}`);
    expect(copy?.ends.map(({ index }) => index)).toEqual([1, 2]);
  });
});

describe('mergeJournals', () => {
  it('joins the copies of a batch in any order', () => {
    const units = fc.uniqueArray(fc.nat(200), { maxLength: 30 });
    fc.assert(
      fc.property(units, fc.nat(4), fc.func(fc.nat(4)), (indices, closing, copyOf) => {
        const texts = [0, 1, 2, 3, 4].map((restart) => {
          const ends = indices
            .filter((index) => copyOf(index) === restart)
            .map((index) => end(index, index % 3));
          return `J 1 k 12 ${restart} h 5.0 1.0 .\n${ends.join('')}${restart === closing ? 'C .\n' : ''}`;
        });
        const copies = texts.map(parseJournal).filter((copy) => copy !== null);
        const report = mergeJournals(copies);
        const backwards = mergeJournals([...copies].reverse());
        expect([...report.ends.keys()].sort((a, b) => a - b)).toEqual([...indices].sort((a, b) => a - b));
        for (const [index, { status, restart }] of report.ends) {
          expect([status, restart]).toEqual([index % 3, copyOf(index)]);
        }
        expect(report.complete).toBe(true);
        expect(new Map([...backwards.ends].sort())).toEqual(new Map([...report.ends].sort()));
      }),
    );
  });

  it('is not complete before any copy has closed', () => {
    const copy = parseJournal(`${HEADER}${end(0)}`);
    expect(mergeJournals(copy ? [copy] : [])).toMatchObject({ complete: false, notExecutable: false });
    expect(mergeJournals([])).toMatchObject({ complete: false, copies: [] });
  });
});
