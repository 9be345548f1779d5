/** Of the wrong requests those whose `recovery` is: what is wrong, the request, the JSON Pointers of all its errors. */
import type { JsonValue } from '../../src/wire/request.js';
import { rawRequest } from './raw-requests.js';

export const wrongRecoveries: [string, JsonValue, string[]][] = [
  [
    'recovery of unknown tasks',
    rawRequest({ recovery: { retry: 1, tasks: { '1': {}, '00': {}, '0': { x: 1 } } } }),
    ['/recovery/tasks/0/x', '/recovery/retry'],
  ],
  [
    'recovery of a task with an unknown key of a limit',
    rawRequest({ recovery: { tasks: { '0': { memory: { trys: 1 } } } } }),
    ['/recovery/tasks/0/memory/trys'],
  ],
  [
    'recovery of tasks beyond the last',
    rawRequest({ recovery: { tasks: { '0': {}, '1': {}, '00': {}, first: {} } } }),
    ['/recovery/tasks/1', '/recovery/tasks/00', '/recovery/tasks/first'],
  ],
  [
    'recovery of limits that make no sense',
    rawRequest({
      recovery: {
        memory: { tries: -1, factor: 1, max: '1.5G' },
        time: { tries: 1.5, factor: '2', max: 'soon', most: 1 },
        infrastructure: { tries: null },
      },
    }),
    [
      ...['/recovery/memory/tries', '/recovery/memory/factor', '/recovery/memory/max'],
      ...['/recovery/time/tries', '/recovery/time/factor', '/recovery/time/max', '/recovery/time/most'],
      '/recovery/infrastructure/tries',
    ],
  ],
  [
    'recovery of exit codes that are no object',
    rawRequest({ recovery: { exit_codes: 75, tasks: { '0': { exit_codes: { '75': 3 } } } } }),
    ['/recovery/exit_codes', '/recovery/tasks/0/exit_codes/75'],
  ],
  [
    'recovery of exit codes that are none of the task',
    rawRequest({
      recovery: {
        exit_codes: {
          '0': { tries: 1 },
          abc: { tries: 1 },
          '137': { tries: 1 },
          '75': {},
          '76': { tries: 1, x: 1 },
        },
      },
    }),
    [
      ...['/recovery/exit_codes/0', '/recovery/exit_codes/75/tries', '/recovery/exit_codes/76/x'],
      ...['/recovery/exit_codes/137', '/recovery/exit_codes/abc'],
    ],
  ],
  [
    'recovery with an unknown word, also of a task',
    rawRequest({ recovery: { on_failure: 'stop', tasks: { '0': { on_failure: null, memory: [] } } } }),
    ['/recovery/on_failure', '/recovery/tasks/0/memory', '/recovery/tasks/0/on_failure'],
  ],
];
