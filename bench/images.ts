/** Large image lists: a converter's output applied, a parallel task's updates planned and applied; time and memory. */
import { join } from 'node:path';
import type { Bench, BenchContext, Row } from './bench.js';
import { activityTimes, durationOf, workflowIdIn } from './histories.js';
import { milliseconds, seconds, sum, times } from './measure.js';
import { forgetPeak, peakMib, residentMib } from './memory.js';
import { benchRequest, taskProgram } from './requests.js';
import {
  MANY_IMAGES,
  MANY_IMAGES_LIMIT_RATIO,
  MEMORY_LIMIT_MIB,
  SOME_IMAGES,
  SOME_IMAGES_LIMIT_SECONDS,
} from './tunables.js';

interface ImagesTimes {
  /** Plan and apply of the converter, in seconds. */
  converter: number;
  /** Plan and apply of the parallel task, in seconds; its units are not counted. */
  parallel: number;
  close: number;
  idleMib: number;
  peakMib: number;
}

const QUEUE = 'fractal-bench';

/** A dataset that has its images when the run starts, all of them given to one unit. */
const openGiven = async ({ folder, program }: BenchContext, count: number): Promise<void> => {
  const dir = join(folder, `${count}-given`);
  const tasks = [{ name: 'True', type: 'non_parallel' as const, command: 'true' }];
  await program.run(benchRequest({ dir, tasks, images: count, queue: QUEUE }), `given-${count}`);
};

/** One run on a local worker process of its own, fresh, so that no earlier run has grown it. */
const runWith = async (context: BenchContext, count: number): Promise<ImagesTimes> => {
  const { folder, program, address, client, say } = context;
  const worker = await program.start(['worker', 'local', '--task-queue', QUEUE, '--address', address]);
  try {
    const idleMib = await residentMib(worker.pid);
    await forgetPeak(worker.pid);
    const dir = join(folder, String(count));
    const tasks = [
      {
        name: 'Convert',
        type: 'converter_non_parallel' as const,
        command: `node ${taskProgram('list-images.mjs')}`,
        args: { count },
      },
      { name: 'Measure', type: 'parallel' as const, command: taskProgram('update-image.sh') },
    ];
    await program.run(benchRequest({ dir, tasks, queue: QUEUE }), `images-${count}`);
    const activities = await activityTimes(client, await workflowIdIn(dir));
    await openGiven(context, count);
    const of = (type: string): number[] =>
      activities.filter((activity) => activity.type === type).map(durationOf);
    const [planConverter = NaN, planParallel = NaN] = of('planTask');
    const [applyConverter = NaN, applyParallel = NaN] = of('applyTask');
    const measured = {
      converter: planConverter + applyConverter,
      parallel: planParallel + applyParallel,
      close: sum(of('closeRun')),
      idleMib,
      peakMib: await peakMib(worker.pid),
    };
    say(
      `${count} images: plan ${milliseconds(planConverter)}, apply ${milliseconds(applyConverter)}; ` +
        `plan ${milliseconds(planParallel)}, apply ${milliseconds(applyParallel)}; close ${milliseconds(measured.close)}; ` +
        `memory ${idleMib.toFixed(0)} -> ${measured.peakMib.toFixed(0)} MiB`,
    );
    return measured;
  } finally {
    await worker.stop();
  }
};

const timeRows = (name: string, some: number, many: number): Row[] => [
  {
    what: `${name}: ${SOME_IMAGES} images`,
    measured: seconds(some),
    peer: '',
    ratio: '',
    limit: seconds(SOME_IMAGES_LIMIT_SECONDS),
    reached: some <= SOME_IMAGES_LIMIT_SECONDS,
  },
  {
    what: `${name}: ${MANY_IMAGES} images`,
    measured: seconds(many),
    peer: `${SOME_IMAGES} images: ${seconds(some)}`,
    ratio: times(many / some),
    limit: times(MANY_IMAGES_LIMIT_RATIO),
    reached: many / some <= MANY_IMAGES_LIMIT_RATIO,
  },
];

export const images: Bench = {
  name: 'images',
  title: 'large image lists, plan and apply, and the memory of a local worker',
  run: async (context) => {
    const some = await runWith(context, SOME_IMAGES);
    const many = await runWith(context, MANY_IMAGES);
    const above = many.peakMib - many.idleMib;
    return [
      ...timeRows("a converter's output applied", some.converter, many.converter),
      ...timeRows("a parallel task's updates, planned and applied", some.parallel, many.parallel),
      {
        what: `a local worker process at ${MANY_IMAGES} images, peak above idle`,
        measured: `${above.toFixed(0)} MiB`,
        peer: `idle: ${many.idleMib.toFixed(0)} MiB`,
        ratio: '',
        limit: `${MEMORY_LIMIT_MIB} MiB`,
        reached: above <= MEMORY_LIMIT_MIB,
      },
    ];
  },
};
