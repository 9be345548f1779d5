/** Runs the units of a demo request one after the other, as a person would from a terminal: enough of the
 * semantics to try tasks without a server. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { split } from 'shlex';
import type { DemoRequest } from '../../examples/demo/request.js';
import type { Image, JsonObject } from '../../src/wire/request.js';
import type { ParallelizationItem } from '../../src/wire/task-output.js';

interface Output {
  image_list_updates?: (Partial<Image> & { zarr_url: string })[];
  parallelization_list?: ParallelizationItem[];
}

export interface HandRun {
  images: Image[];
  units: { task: string; log: string; milliseconds: number }[];
}

const runUnit = async (prefix: string, command: string | null, args: JsonObject) => {
  const [file = '', ...words] = split(command ?? '');
  const files = { args: `${prefix}-args.json`, out: `${prefix}-out.json` };
  await writeFile(files.args, JSON.stringify(args));
  const started = performance.now();
  const { all } = await execa(file, [...words, '--args-json', files.args, '--out-json', files.out], {
    all: true,
  });
  const text = await readFile(files.out, 'utf8').catch(() => 'null');
  return {
    output: (JSON.parse(text) ?? {}) as Output,
    log: all,
    milliseconds: performance.now() - started,
  };
};

/** @throws execa's error with the unit's log when a unit fails. */
export const runByHand = async (request: DemoRequest): Promise<HandRun> => {
  const { zarr_dir: zarrDir } = request.dataset;
  const images = new Map<string, Image>();
  const units: HandRun['units'] = [];
  const carried: Record<string, boolean> = {};
  await mkdir(request.workflow_dir_local, { recursive: true });

  for (const { order, task, args_non_parallel, args_parallel } of request.workflow.task_list) {
    const wanted = Object.entries({ ...carried, ...task.input_types });
    const filtered = task.type.startsWith('converter')
      ? []
      : [...images.values()].filter(({ types }) =>
          wanted.every(([key, value]) => (types[key] ?? false) === value),
        );
    const unit = async (name: string, command: string | null, args: JsonObject) => {
      const done = await runUnit(join(request.workflow_dir_local, `${order}-${name}`), command, args);
      units.push({ task: task.name, log: done.log, milliseconds: done.milliseconds });
      return done.output;
    };

    let items: JsonObject[] = filtered.map(({ zarr_url }) => ({ zarr_url }));
    if (task.command_non_parallel !== null) {
      const zarr_urls = filtered.map((image) => image.zarr_url);
      const isConverter = task.type.startsWith('converter');
      const init = await unit('init', task.command_non_parallel, {
        zarr_dir: zarrDir,
        ...args_non_parallel,
        ...(isConverter ? {} : { zarr_urls }),
      });
      items = (init.parallelization_list ?? []).map(({ zarr_url, init_args }) => ({ zarr_url, init_args }));
    }
    const updates: (Partial<Image> & { zarr_url: string })[] = [];
    for (const [i, item] of items.entries()) {
      const output = await unit(String(i), task.command_parallel, { ...item, ...args_parallel });
      updates.push(...(output.image_list_updates ?? []));
    }
    for (const update of updates.length > 0 ? updates : filtered) {
      const start = images.get(update.zarr_url) ?? images.get(update.origin ?? '');
      images.set(update.zarr_url, {
        zarr_url: update.zarr_url,
        origin: images.get(update.zarr_url)?.origin ?? update.origin ?? null,
        attributes: { ...start?.attributes, ...update.attributes },
        types: { ...start?.types, ...update.types, ...task.output_types },
      });
    }
    Object.assign(carried, task.output_types);
  }
  return { images: [...images.values()], units };
};
