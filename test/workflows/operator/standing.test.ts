/** The state machine of docs/updates.md, as a table. */
import { describe, expect, it } from 'vitest';
import { updateNames, type UpdateName } from '../../../src/wire/updates.js';
import { refusalOf, statusOf, type Standing } from '../../../src/workflows/operator/standing.js';

const running: Standing = {
  ...{ ended: null, cancelling: false, stopping: false, held: false, paused: null, active: true },
};
const paused = { ...running, paused: { now: false }, active: false };

const rows: [status: string, standing: Standing, allowed: UpdateName[]][] = [
  ['running', running, ['pause', 'stop']],
  ['running', { ...running, active: false }, ['pause', 'stop']],
  ['pausing', { ...running, paused: { now: false } }, ['resume', 'stop']],
  ['pausing', { ...running, paused: { now: true } }, ['resume', 'stop']],
  ['paused', paused, ['resume', 'stop']],
  ['held', { ...running, held: true, active: false }, ['retry', 'skip', 'stop']],
  // Paused before it was held: what is retried waits until it is resumed.
  ['held', { ...paused, held: true }, ['resume', 'retry', 'skip', 'stop']],
  ['stopping', { ...running, stopping: true }, []],
  ['stopping', { ...running, held: true, stopping: true }, []],
  ['cancelling', { ...running, cancelling: true }, []],
  ['cancelling', { ...paused, held: true, stopping: true, cancelling: true }, []],
  ['done', { ...running, ended: 'done' }, []],
  ['failed', { ...paused, held: true, ended: 'failed' }, []],
  ['cancelled', { ...running, cancelling: true, ended: 'cancelled' }, []],
];

describe('where a run stands', () => {
  it.each(rows)('%s %#', (status, standing, allowed) => {
    expect(statusOf(standing)).toBe(status);
    expect(updateNames.filter((name) => refusalOf(name, standing) === null)).toEqual(allowed);
    for (const name of updateNames) {
      if (!allowed.includes(name))
        expect(refusalOf(name, standing)).toContain(status === 'held' ? 'held' : status);
    }
  });

  it('a pause becomes one with now, and no other way round', () => {
    expect(refusalOf('pause', paused, true)).toBeNull();
    expect(refusalOf('pause', { ...paused, paused: { now: true } }, true)).toBe('the run is paused already');
    expect(refusalOf('pause', { ...paused, paused: { now: true } }, false)).toBe('the run is paused already');
  });
});
