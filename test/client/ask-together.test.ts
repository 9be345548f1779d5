import { expect, it } from 'vitest';
import { askTogether, type Ask } from '../../src/client/ask-together.js';
import type { RunFilePiece } from '../../src/wire/run-file.js';

const piece = (data: string): RunFilePiece => ({ kind: 'file', size: 1, offset: 0, sha256: null, data });

/** Workers that have room for so many pieces, and cannot read those with "odd" in their name together with others. */
const workers = (room: number): { ask: Ask; asked: (number | string)[] } => {
  const asked: (number | string)[] = [];
  const ask: Ask = ({ path, more }) => {
    asked.push(more?.length ?? path);
    if (path === 'odd-refused') return Promise.reject(new Error('refused'));
    const along = more?.slice(0, room).map((one) => (one.path.startsWith('odd') ? null : piece(one.path)));
    return Promise.resolve({ ...piece(path), ...(along === undefined ? {} : { more: along }) });
  };
  return { ask, asked };
};

it('asks for pieces of the same moment at once, for one alone as ever', async () => {
  const { ask, asked } = workers(10);
  const read = askTogether(ask);
  const pieces = await Promise.all(['a', 'b', 'c'].map((path) => read({ path })));
  expect(pieces.map(({ data }) => data)).toEqual(['a', 'b', 'c']);
  expect((await read({ path: 'd' })).data).toBe('d');
  expect(asked).toEqual([3, 'd']);
});

it('asks again for what there was no room for, alone for what cannot be read along, and no more than 100 at once', async () => {
  const { ask, asked } = workers(2);
  const read = askTogether(ask);
  const paths = ['a', 'odd', 'b', 'odd-refused', 'c'];
  const pieces = await Promise.allSettled(paths.map((path) => read({ path })));
  expect(pieces.map((one) => (one.status === 'fulfilled' ? one.value.data : String(one.reason)))).toEqual([
    'a',
    'odd',
    'b',
    'Error: refused',
    'c',
  ]);
  expect(asked.toSorted()).toEqual([3, 5, 'c', 'odd', 'odd-refused']);
  const many = workers(100);
  const readMany = askTogether(many.ask);
  await Promise.all(Array.from({ length: 250 }, (_, index) => readMany({ path: String(index) })));
  expect(many.asked).toEqual([100, 100, 50]);
});

it('asks workers of before for each alone, and hands on why nobody answers', async () => {
  const asked: string[] = [];
  const old = askTogether(({ path }) => {
    asked.push(path);
    return Promise.resolve(piece(path));
  });
  const pieces = await Promise.all(['a', 'b'].map((path) => old({ path })));
  expect([pieces.map(({ data }) => data), asked]).toEqual([
    ['a', 'b'],
    ['', 'a', 'b'],
  ]);
  const away = askTogether(() => Promise.reject(new Error('nobody')));
  const refused = await Promise.allSettled([away({ path: 'a' }), away({ path: 'b' })]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
