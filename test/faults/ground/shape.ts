/** The runs that faults meet: three tasks, units of some tenths of a second, each with a purpose. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Image } from '../../../src/wire/request.js';
import type { GivenRecovery } from '../../../src/wire/recovery.js';
import type { Random } from './random.js';

const unitScript = fileURLToPath(new URL('unit.sh', import.meta.url));

/** What a run is to show, besides that it bears its faults. */
export const kinds = {
  /** Nothing that has begun may begin again. */
  plain: {},
  /** Everything may. */
  again: {
    rerun_interrupted: true,
    infrastructure: { tries: 5 },
    exit_codes: { '75': { tries: 3 } },
  },
  /** Its operator decides. */
  held: { on_failure: 'wait' },
  /** The good wells go on. */
  continue: { on_failure: 'continue' },
} satisfies Record<string, GivenRecovery>;

export type Kind = keyof typeof kinds;

export interface Shape {
  kind: Kind;
  /** Names of images; the first word is what their units do in the first task (unit.sh). */
  names: string[];
  recovery: GivenRecovery;
  /** How often a unit of this run may begin by the request alone; null: as often as it takes. */
  begins: number | null;
}

const ownKind: Record<Kind, string> = { plain: 'ok', again: 'asks', held: 'mended', continue: 'fails' };

/** @param longest tenths of a second that a unit takes at most. */
export const drawShape = (random: Random, longest: number): Shape => {
  const kind = random.pick(Object.keys(kinds) as Kind[]);
  const count = random.between(3, 6);
  const odd = random.between(0, count - 1);
  const names = Array.from({ length: count }, (_, index) => {
    const does = index === odd ? ownKind[kind] : 'ok';
    return `${does}-${random.between(1, longest)}-${index}`;
  });
  return { kind, names, recovery: kinds[kind], begins: kind === 'again' ? null : 1 };
};

export interface Place {
  /** Of the run's files. */
  runDir: string;
  zarrDir: string;
  witnessDir: string;
}

export const imagesOf = ({ names }: Shape, { zarrDir }: Place): Image[] =>
  names.map((name) => ({ zarr_url: join(zarrDir, name), origin: null, attributes: { name }, types: {} }));

const task = (order: number, place: Place, more: Record<string, unknown>): Record<string, unknown> => {
  const command = `/bin/bash ${unitScript} ${place.witnessDir} ${order}`;
  const isCompound = more['type'] === 'compound';
  return {
    ...{ id: 100 + order, order, task_type: more['type'], type_filters: {} },
    ...{ args_parallel: {}, meta_parallel: {}, args_non_parallel: isCompound ? {} : null },
    meta_non_parallel: isCompound ? {} : null,
    task: {
      ...{ input_types: {}, command_parallel: command },
      command_non_parallel: isCompound ? command : null,
      ...more,
    },
  };
};

/** The whole request of a run. */
export const requestOf = (shape: Shape, place: Place, more: Record<string, unknown>) => ({
  workflow: {
    name: `faults ${shape.kind}`,
    task_list: [
      task(0, place, { name: 'Mark', type: 'parallel', output_types: { marked: true } }),
      task(1, place, { name: 'Split', type: 'compound', output_types: { split: true } }),
      task(2, place, { name: 'Count', type: 'parallel', output_types: { counted: true } }),
    ],
  },
  dataset: { zarr_dir: place.zarrDir, images: imagesOf(shape, place) },
  workflow_dir_local: place.runDir,
  recovery: shape.recovery,
  ...more,
});
