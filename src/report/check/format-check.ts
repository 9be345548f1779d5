/** What `check` says, for people. Pure. */
import { IMAGES_SHOWN } from '../tunables.js';
import { filterWords, whyNothingPasses } from '../../validation/filter-words.js';
import { countOf } from '../count.js';
import { paint, type Style } from '../style.js';
import { wrapText } from '../wrap.js';
import type { CheckedStage, CheckedTask, CheckReport } from './check-report.js';
import { taskTitle } from '../../wire/task-title.js';

const imageLines = ({ images, filters, type }: CheckedTask, total: number): string[] => {
  if (type.startsWith('converter')) return ['  images: none, it makes them'];
  if (images === null || filters === null) return ['  images: unknown'];
  const steps = filters.map((step) => `    ${filterWords(step)}: leaves ${step.left}`);
  const shown = images.slice(0, IMAGES_SHOWN).map((url) => `    ${url}`);
  const more = images.length > IMAGES_SHOWN ? [`    and ${images.length - IMAGES_SHOWN} more (--json)`] : [];
  const culprit = images.length > 0 ? undefined : filters.find(({ left }) => left === 0);
  const empty =
    images.length > 0
      ? []
      : [
          total === 0 || culprit === undefined
            ? '    the dataset has no images'
            : `    ${whyNothingPasses(culprit)}`,
        ];
  return [`  images: ${images.length} of ${total}`, ...steps, ...empty, ...shown, ...more];
};

const resourceText = (resources: CheckedStage['resources']): string =>
  Object.entries(resources)
    .filter(([, value]) => value !== null && !(typeof value === 'object' && Object.keys(value).length === 0))
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

const sizes = (stage: CheckedStage, isSlurm: boolean): string => {
  const { units, units_per_batch: each, lanes, batches } = stage;
  const [one, several] = isSlurm ? (['job', 'jobs'] as const) : (['batch', 'batches'] as const);
  if (units === null || batches === null || each === null || lanes === null)
    return `units and ${several} unknown`;
  const size = batches === 1 ? '' : `, at most ${each} in each`;
  return `${countOf(units, 'unit')} in ${countOf(batches, one, several)}${size}, ${lanes} at once${batches === 1 ? '' : ` in each`}`;
};

const exclusiveLines = ({ exclusive }: CheckedStage): string[] => {
  if (exclusive === null) return [];
  const { attributes, missing, groups } = exclusive;
  const at = groups === null ? '' : `: at most ${countOf(groups, 'unit')} at once`;
  return [
    `    one at a time of those whose images agree in ${attributes.join(', ')}${at}`,
    ...missing.map((name) => `    no image has the attribute ${name}: all of them agree in it`),
  ];
};

const stageLines = (stage: CheckedStage, isSlurm: boolean, scripts: boolean): string[] => {
  const resources = resourceText(stage.resources);
  const script = scripts && stage.script !== null ? stage.script.trimEnd().split('\n') : [];
  return [
    `  ${stage.component}: ${sizes(stage, isSlurm)}`,
    ...exclusiveLines(stage),
    ...(resources === '' ? [] : [`    resources: ${resources}`]),
    ...stage.sbatch_lines.map((line) => `    ${line}`),
    ...(stage.scheduler_says === null ? [] : [`    sbatch --test-only: ${stage.scheduler_says}`]),
    ...(script.length === 0
      ? []
      : ['    script of the first batch:', ...script.map((line) => `    | ${line}`)]),
  ];
};

/** Lines of scripts, which are files. */
const isVerbatim = (line: string): boolean => /^ {4}(?:\||#SBATCH)/.test(line);

export const formatCheck = (report: CheckReport, style: Style, scripts: boolean): string => {
  const isSlurm = report.backend === 'slurm';
  const { workflow, workflow_id: id, workflow_dir: dir, backend, images } = report;
  const tasks = report.tasks.flatMap((task) => [
    '',
    `Task ${task.order} "${taskTitle(task)}" (${task.type})`,
    ...imageLines(task, images),
    ...task.stages.flatMap((stage) => stageLines(stage, isSlurm, scripts)),
    ...(task.unknown === null ? [] : [`  unknown: ${task.unknown}`]),
    ...(task.problem === null ? [] : [paint(style, 'bad', `  fails: ${task.problem}`)]),
  ]);
  return [
    `Workflow "${workflow}" as ${id}, on ${backend}, ${countOf(images, 'image')}`,
    `  directory: ${dir}`,
    ...report.warnings.map((warning) => paint(style, 'busy', `  warning: ${warning}`)),
    ...tasks,
    '',
    'Nothing was run or written.',
  ]
    .map((line) => (isVerbatim(line) ? line : wrapText(line, style.width)))
    .join('\n');
};
