/** What of its host's processors and GPUs a unit gets. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptOptions, type ScriptTest } from './scripts.js';

const logsOf = ({ batch }: ScriptTest): Promise<string[]> =>
  Promise.all(
    Array.from({ length: batch.unitCount }, (_, index) =>
      readFile(join(batch.taskDir, `par-000000-000000${index}-log.txt`), 'utf8'),
    ),
  );

/** What units print, and what the script itself says. */
const printed = async (
  units: string[],
  options: ScriptOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<{ logs: string[]; said: string }> => {
  const test = await scriptOf(units, options);
  const running = test.start('1', 0, env);
  expect(await running.ended).toBe(0);
  expect(Object.values(statusesOf(await test.journals()))).toEqual(units.map(() => 0));
  return { logs: (await logsOf(test)).map((text) => text.trim()), said: running.stderr() };
};

const CPUS = 'grep Cpus_allowed_list: /proc/self/status | cut -f 2';
const THREADS = 'echo $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS $DASK_NUM_WORKERS';

describe('CPUs', () => {
  const all = availableParallelism();

  it.skipIf(all < 2)('are those of the lane (not with one CPU only)', async () => {
    const cores = { perUnit: 1, given: String(all) };
    const { logs, said } = await printed([CPUS, CPUS], { lanes: all, cores });
    expect(said).toBe('');
    expect(logs.every((list) => /^\d+$/.test(list))).toBe(all === 2);
    // No two lanes share one.
    const both = await printed(
      ['A', 'B'].map(
        (name, at) =>
          `touch $here/${name}; until [ -e $here/${at === 0 ? 'B' : 'A'} ]; do sleep 0.05; done; ${CPUS}`,
      ),
      { lanes: 2, cores },
    );
    expect(new Set(both.logs).size).toBe(2);
  });

  it('stay as they are where the job may use others than its own', async () => {
    const { logs, said } = await printed([CPUS, CPUS], { lanes: 2, cores: { perUnit: 1, given: '999' } });
    expect(new Set(logs).size).toBe(1);
    expect(said).toContain('was given 999 of them: units get no CPUs of their own');
  });

  it.skipIf(all < 2)('stay as they are without taskset, with words (not with one CPU only)', async () => {
    const header = ['type() { [[ $2 != taskset ]] && builtin type "$@"; }', 'readonly -f type'];
    const { said } = await printed([CPUS, CPUS], {
      lanes: 2,
      header,
      cores: { perUnit: 1, given: String(all) },
    });
    expect(said).toContain('no taskset on');
  });
});

describe('threads', () => {
  it('are as many as the unit has CPUs', async () => {
    const { logs } = await printed(
      [THREADS],
      { cores: { perUnit: 3, given: null } },
      { OMP_NUM_THREADS: undefined },
    );
    expect(logs).toEqual(['3 3 3']);
  });

  it('are as the user has set them', async () => {
    const cores = { perUnit: 3, given: null };
    const header = ['export OPENBLAS_NUM_THREADS=7'];
    expect((await printed([THREADS], { cores, header })).logs).toEqual(['3 7 3']);
    expect((await printed([THREADS], { cores }, { OMP_NUM_THREADS: '5,2' })).logs).toEqual(['5,2 5 5']);
  });

  it('are left alone where nobody wants it', async () => {
    expect((await printed([THREADS], {}, { OMP_NUM_THREADS: undefined })).logs).toEqual(['']);
  });
});

describe('GPUs', () => {
  it('are handed out, none to two units at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fractal-gpus-'));
    const unit =
      'mkdir $here/busy-$CUDA_VISIBLE_DEVICES && sleep 0.1 && rmdir $here/busy-$CUDA_VISIBLE_DEVICES && echo $CUDA_VISIBLE_DEVICES';
    const gpus = { perUnit: 1, ids: ['0', 'GPU-7'], folder };
    const { logs } = await printed(
      Array.from({ length: 6 }, () => unit),
      { lanes: 3, gpus },
      { T: folder },
    );
    expect([...new Set(logs)].sort()).toEqual(['0', 'GPU-7']);
    const pair = await printed(['echo $CUDA_VISIBLE_DEVICES'], { gpus: { ...gpus, perUnit: 2 } });
    expect(pair.logs).toEqual(['0,GPU-7']);
    await rm(folder, { recursive: true });
  });
});
