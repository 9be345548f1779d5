import { expect, it } from 'vitest';
import { whileWaiting } from '../../src/cli/still-waiting.js';

it('says what is missing when it comes to be missing, however late, once; and that somebody has come', async () => {
  const over = new AbortController();
  const looks: (string[] | Error)[] = [
    // A server remembers workers that were killed.
    ...[[], []],
    ...[
      ['No worker polls a.', 'No worker polls b.'],
      ['No worker polls a.', 'No worker polls b.'],
    ],
    ...[new Error('the server is away'), ['No worker polls b.'], [], []],
  ];
  const look = (): Promise<string[]> => {
    const next = looks.shift();
    if (looks.length === 0) over.abort();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? []);
  };
  const said: string[] = [];
  await whileWaiting(look, (line) => said.push(line), 1, over.signal);
  expect(said).toEqual([
    'No worker polls a. Still waiting.',
    'No worker polls b. Still waiting.',
    'No worker polls b. Still waiting.',
    'A worker has come.',
  ]);
});

it('ends with what it waits for, also in the middle of a look that has no end', async () => {
  const over = new AbortController();
  const look = (): Promise<string[]> => {
    over.abort();
    return new Promise(() => undefined);
  };
  const said: string[] = [];
  await whileWaiting(look, (line) => said.push(line), 1, over.signal);
  expect(said).toEqual([]);
});
