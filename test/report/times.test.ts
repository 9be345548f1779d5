import { describe, expect, it } from 'vitest';
import { durationText, localTime, sinceTime } from '../../src/report/times.js';

describe('times for people', () => {
  it.each([
    [0, '0.0 s'],
    [0.84, '0.8 s'],
    [9.96, '10 s'],
    [59.6, '1 min 0 s'],
    [185, '3 min 5 s'],
    [7_500, '2 h 5 min'],
    [360_000, '4 d 4 h'],
  ])('%d seconds: %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('a time is local, and what is none stays as it is', () => {
    expect(localTime(new Date(2026, 0, 2, 3, 4).toISOString())).toBe('2026-01-02 03:04');
    expect(localTime('some day')).toBe('some day');
  });

  const now = Date.UTC(2026, 10, 26, 12);
  it.each([
    ['2d', '2026-11-24T12:00:00.000Z'],
    ['90m', '2026-11-26T10:30:00.000Z'],
    ['1.5 h', '2026-11-26T10:30:00.000Z'],
    ['1w', '2026-11-19T12:00:00.000Z'],
    ['2026-11-01T00:00:00Z', '2026-11-01T00:00:00.000Z'],
  ])('since %s', (text, time) => {
    expect(sinceTime(text, now)?.toISOString()).toBe(time);
  });

  it.each(['yesterday', '2', '2y', '', '-1d', '2026-13-45'])('since %j is no time', (text) => {
    expect(sinceTime(text, now)).toBeNull();
  });
});
