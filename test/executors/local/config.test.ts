import { expect, it } from 'vitest';
import { LocalConfigError, parseLocalConfig } from '../../../src/executors/local/config.js';

it('reads defaults of recovery', () => {
  const text = '{"recovery": {"exit_codes": {"75": {"tries": 3}}, "infrastructure": {"tries": 2}}}';
  expect(parseLocalConfig(text)).toEqual({
    recovery: { exit_codes: { '75': { tries: 3 } }, infrastructure: { tries: 2 } },
  });
  expect(parseLocalConfig('{}')).toEqual({ recovery: {} });
});

it('reads what units may have', () => {
  expect(
    parseLocalConfig('{"cpus": 8, "mem": "32G", "gpus": ["0", "GPU-1a"], "unit_threads": false}'),
  ).toEqual({
    ...{ recovery: {}, cpus: 8, mem: 32_000, gpus: ['0', 'GPU-1a'], unitThreads: false },
  });
  expect(parseLocalConfig('{"cpus": null, "mem": null, "gpus": 2}')).toEqual({
    ...{ recovery: {}, cpus: null, mem: null, gpus: 2 },
  });
});

it.each([
  ['no numbers', '{"cpus": 0, "mem": "1g", "gpus": ["a,b"]}', ['/cpus', '/mem', '/gpus/0']],
  ['no JSON', '{', ['']],
  ['no object', '[]', ['']],
  ['unknown keys', '{"recover": {}}', ['/recover']],
  ['what only a request can say', '{"recovery": {"tasks": {}}}', ['/recovery/tasks']],
  [
    'all that is wrong',
    '{"recovery": {"memory": {"factor": 0.5, "tries": "x"}}}',
    ['/recovery/memory/tries', '/recovery/memory/factor'],
  ],
])('refuses %s', (_, text, paths) => {
  try {
    parseLocalConfig(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(LocalConfigError);
    expect((error as LocalConfigError).errors.map(({ path }) => path)).toEqual(paths);
  }
});
