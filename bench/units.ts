/** 5,000 units of `true` by the program, against xargs starting as many. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bench, Row } from './bench.js';
import { activityTimes, mediansOf, workflowIdIn } from './histories.js';
import { median, seconds, timed, times } from './measure.js';
import { benchRequest } from './requests.js';
import { REPETITIONS, UNITS, UNITS_LIMIT_RATIO } from './tunables.js';

const xargs = (lanes: number): Promise<number> => {
  const input = Array.from({ length: UNITS }, (_, index) => `${String(index)}\n`).join('');
  return timed(() => execa('xargs', ['-P', String(lanes), '-n', '1', 'true'], { input }));
};

export const units: Bench = {
  name: 'units',
  title: `${String(UNITS)} units of \`true\`, request to result`,
  run: async ({ folder, program, client, say }): Promise<Row[]> => {
    const lanes = availableParallelism();
    const ours: number[] = [];
    const peers: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      // Turn by turn, so that other load on the machine meets both.
      peers.push(await xargs(lanes));
      const dir = join(folder, String(repetition));
      const tasks = [{ name: 'True', type: 'parallel' as const, command: 'true' }];
      ours.push(
        await program.run(benchRequest({ dir, tasks, images: UNITS }), `units-${String(repetition)}`),
      );
      say(mediansOf(await activityTimes(client, await workflowIdIn(dir))));
      say(`xargs ${seconds(peers.at(-1) ?? NaN)}, run ${seconds(ours.at(-1) ?? NaN)}`);
    }
    const ratio = median(ours) / median(peers);
    return [
      {
        what: `${String(UNITS)} units of \`true\`, \`run\` to result`,
        measured: seconds(median(ours)),
        peer: `xargs -P ${String(lanes)}: ${seconds(median(peers))}`,
        ratio: times(ratio),
        limit: times(UNITS_LIMIT_RATIO),
        reached: ratio <= UNITS_LIMIT_RATIO,
      },
    ];
  },
};
