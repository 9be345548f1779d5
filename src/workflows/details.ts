/** A run's current details in the Web UI, in Markdown. Pure. */
import { quoteWord } from '../batch/quote.js';
import type { Progress } from '../wire/progress.js';
import { taskTitle } from '../wire/task-title.js';

/** Text of a request inside a Markdown table: nothing of it may end the cell or start markup. */
const cell = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&').replace(/\s+/g, ' ');

/** Before the run is opened: all that is known is who has to do it. A queue that nobody polls leaves it at this. */
export const openingMarkdown = (taskQueue: string): string =>
  `Waiting to be opened by a worker on the task queue **${cell(taskQueue)}**. If this stays, no worker polls ` +
  'that queue: start one, or look whether `backend` or `activity_task_queue` of the request is misspelt.';

/** As a word of a command in a block of code, which a backtick would end. */
const inCode = (workflowId: string): string => (workflowId.includes('`') ? 'ID' : quoteWord(workflowId));

/** What may be done about it: the commands, and the updates of the Web UI's form. */
const heldLines = ({ held }: Progress, workflowId: string): string[] => {
  if (!held) return [];
  const id = inCode(workflowId);
  const rest = held.open - held.units.length;
  return [
    '',
    `**Held**: ${held.open} of ${held.total} units of task ${held.order} ${cell(taskTitle(held))} failed, and wait for a decision.`,
    '',
    ...held.units.map(
      (unit) =>
        `- ${unit.component} ${unit.index}${unit.zarr_url === null ? '' : ` ${cell(unit.zarr_url)}`}: ${cell(unit.message)}`,
    ),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    '',
    '```',
    `fractal-temporal units ${id} --failed      # all of them`,
    `fractal-temporal retry ${id} [--units 3,7-9] [--mem 8G] [--time 2:00:00]`,
    `fractal-temporal skip ${id} [--units 3,7-9]  # give them up, go on with the rest`,
    `fractal-temporal stop ${id}                # end the run as failed`,
    '```',
    '',
    'Or here, with Send an Update: `retry` `{"units": "failed", "meta": {"mem": "8G"}}`, `skip` `{"units": "failed"}`, `stop` `{}`.',
  ];
};

const pausedLines = ({ status }: Progress, workflowId: string): string[] =>
  status === 'paused' || status === 'pausing'
    ? [
        '',
        `No further batch begins. \`fractal-temporal resume ${inCode(workflowId)}\` (update \`resume\`) goes on.`,
      ]
    : [];

/** "Task k of n" and a table of all tasks; units are those of ended batches. */
export const detailsMarkdown = (progress: Progress, workflowId: string): string => {
  const total = progress.tasks.length;
  const current = progress.tasks.findIndex((task) => task.status !== 'done');
  const at = current === -1 ? total : current + 1;
  const rows = progress.tasks.map(
    (task) =>
      `| ${task.order} | ${cell(taskTitle(task))} | ${task.status} | ${task.units_done} | ${task.units_failed} | ${task.units_total ?? '?'} |`,
  );
  return [
    `**${cell(progress.workflow_name ?? '')}**: ${progress.status}, task ${at} of ${total}`,
    '',
    '| order | task | status | units done | failed | total |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...heldLines(progress, workflowId),
    ...pausedLines(progress, workflowId),
    '',
    `Backend ${cell(progress.backend ?? '')}, files in ${cell(progress.workflow_dir ?? '')}`,
    ...progress.warnings.map((warning) => `\n**${cell(warning)}**`),
  ].join('\n');
};
