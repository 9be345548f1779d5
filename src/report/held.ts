/** What to say of a run that waits for its operator, with the commands that go on. Pure. */
import { quoteWord } from '../batch/quote.js';
import type { HeldUnit } from '../wire/held.js';
import type { Progress } from '../wire/progress.js';
import { taskTitle } from '../wire/task-title.js';

const unitLine = ({ component, index, zarr_url: url, message }: HeldUnit): string =>
  `  ${component} ${index}${url === null ? '' : ` ${url}`}: ${message}`;

const command = (name: string, id: string, options = ''): string =>
  `  fractal-temporal ${name} ${quoteWord(id)}${options}`;

/**
 * Empty for a run that is neither held nor paused.
 *
 * @param id how the user called the run: its workflow id, or its directory.
 */
export const operatorLines = (id: string, progress: Progress | null): string[] => {
  if (progress?.held) {
    const { held } = progress;
    const rest = held.open - held.units.length;
    return [
      `The run is held: ${held.open} of ${held.total} units of task ${held.order} ${taskTitle(held)} failed, and wait for your decision.`,
      ...held.units.map(unitLine),
      ...(rest > 0 ? [`  and ${rest} more`] : []),
      'All of them; run them again; give them up and go on with the rest; end the run as failed:',
      command('units', id, ' --failed'),
      command('retry', id, ' [--units 3,7-9] [--mem 8G] [--time 2:00:00]'),
      command('skip', id, ' [--units 3,7-9]'),
      command('stop', id),
    ];
  }
  if (progress?.status === 'paused' || progress?.status === 'pausing') {
    const what =
      progress.status === 'paused' ? 'paused: nothing of it runs' : 'pausing: batches that run go on';
    return [`The run is ${what}, and no other begins. To go on:`, command('resume', id)];
  }
  return [];
};
