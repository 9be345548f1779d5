import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { makeBatch } from './batches.js';
import { present, statuses, type SuiteTools } from './tools.js';

/** What becomes of the units of a batch that runs undisturbed. */
export const unitTests = ({ source, make, runToEnd }: SuiteTools, bigBatchUnits: number): void => {
  it('runs every unit once, with its arguments, output and log, and closes the journal', async () => {
    const test = await make(['echo out; echo err >&2; cat; cp $args $out', 'pwd; exit 0', 'echo last']);
    const { ended, journal } = await runToEnd(test);
    expect(ended).toMatchObject({ state: 'ended', cause: 'completed' });
    expect(journal).toMatchObject({ complete: true, notExecutable: false });
    expect(statuses(journal)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    expect([...journal.ends.values()].map((end) => end.wroteOutput)).toEqual(
      [...journal.ends.keys()].map((index) => index === 0),
    );
    expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('out\nerr\n');
    expect(await readFile(test.file(1, 'log.txt'), 'utf8')).toBe(`${test.batch.workingDir}\n`);
    expect(JSON.parse(await readFile(test.file(0, 'metadiff.json'), 'utf8'))).toEqual({
      run: 'echo out; echo err >&2; cat; cp $args $out',
    });
  });

  it('keeps exit codes and signals apart, and goes on after a failure', async () => {
    const test = await make(['exit 3', 'kill -9 $$', 'kill -15 $$', 'exit 126', 'exit 0']);
    const { journal } = await runToEnd(test);
    expect(journal.complete).toBe(true);
    expect(statuses(journal)).toEqual([
      [0, 3],
      [1, 128 + 9],
      [2, 128 + 15],
      [3, 126],
      [4, 0],
    ]);
  });

  it('passes paths and arguments on as they are', async () => {
    const { given, backend } = source();
    const words = ['two words', `it's "quoted"`, '$HOME `id` \\ * ; & %j', 'tab\tand\nnewline', 'Zürich 山'];
    const value = { text: `${words.join(' ')} \u0000\u2028`, url: '/data/a b/ü.zarr' };
    const folder = `/${words[0] ?? ''} it's $HOME ünï`;
    const key = `key-${randomUUID()}`;
    const at = `${given.folder}${folder}`;
    const test = await makeBatch({
      ...{ backend, folder: at, key, args: { value }, units: ['cp $args $out'] },
      command: ['sh', '-c', 'for word; do printf "<%s>" "$word"; done', 'sh', ...words],
      ...(given.share ? { share: given.share.bind(given) } : {}),
    });
    const { journal } = await runToEnd(test);
    expect(statuses(journal)).toEqual([[0, 0]]);
    const args = test.file(0, 'args.json');
    const expected = [...words, '--args-json', args, '--out-json', test.file(0, 'metadiff.json')];
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe(
      expected.map((word) => `<${word}>`).join(''),
    );
    expect(JSON.parse(await readFile(args, 'utf8'))).toEqual({ value, run: 'cp $args $out' });
  });

  it('says so when the command cannot be executed, and begins nothing', async () => {
    const test = await make(['true', 'true'], { command: ['/nonexistent/task', 'x'] });
    const { journal } = await runToEnd(test);
    expect(journal).toMatchObject({ complete: true, notExecutable: true, ends: new Map() });
    expect(await present(test.file(0, 'log.txt'))).toBe(false);
  });

  it(`runs ${bigBatchUnits} units`, async () => {
    const units = Array.from({ length: bigBatchUnits }, () => 'true');
    const test = await make(units, { command: ['true'] });
    const { journal } = await runToEnd(test);
    expect(journal.complete).toBe(true);
    expect(statuses(journal)).toEqual(units.map((_, index): [number, number] => [index, 0]));
  });
};
