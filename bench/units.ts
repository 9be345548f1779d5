/** 5,000 units of `true` by the program, against xargs starting as many. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bench, BenchContext, Row } from './bench.js';
import { activityTimes, mediansOf, workflowIdIn } from './histories.js';
import { median, seconds, timed, times } from './measure.js';
import { atEachPlace, type Place } from './places.js';
import { benchRequest } from './requests.js';
import { judged } from './rows.js';
import { REPETITIONS, UNITS, UNITS_LIMIT_RATIO } from './tunables.js';

/** Seconds that xargs takes to start so many `true`, `lanes` at once. */
export const xargs = (count: number, lanes: number): Promise<number> => {
  const input = Array.from({ length: count }, (_, index) => `${index}\n`).join('');
  return timed(() => execa('xargs', ['-P', String(lanes), '-n', '1', 'true'], { input }));
};

const unitsAt = async ({ program, client, say }: BenchContext, place: Place): Promise<Row> => {
  const lanes = availableParallelism();
  const ours: number[] = [];
  const peers: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    // Turn by turn, so that other load on the machine meets both.
    peers.push(await xargs(UNITS, lanes));
    const dir = join(place.folder, String(repetition));
    const tasks = [{ name: 'True', type: 'parallel' as const, command: 'true' }];
    const name = `units-${place.name}-${repetition}`;
    ours.push(await program.run(benchRequest({ dir, tasks, images: UNITS }), name));
    say(`${place.name}: ${mediansOf(await activityTimes(client, await workflowIdIn(dir)))}`);
    say(`${place.name}: xargs ${seconds(peers.at(-1) ?? NaN)}, run ${seconds(ours.at(-1) ?? NaN)}`);
  }
  const ratio = median(ours) / median(peers);
  return {
    what: `${UNITS} units of \`true\`, \`run\` to result, run's directory: ${place.name}`,
    measured: seconds(median(ours)),
    peer: `xargs -P ${lanes}: ${seconds(median(peers))}`,
    ratio: times(ratio),
    ...judged(ratio, UNITS_LIMIT_RATIO, place.doubt),
  };
};

export const units: Bench = {
  name: 'units',
  title: `${UNITS} units of \`true\`, request to result`,
  run: (context) => atEachPlace(context.folder, (place) => unitsAt(context, place)),
};
