/** What a run leaves in the server's history, by its number of units. */
import { join } from 'node:path';
import type { Bench, Row } from './bench.js';
import { historySize, workflowIdIn } from './histories.js';
import { seconds } from './measure.js';
import { benchRequest } from './requests.js';
import { HISTORY_UNITS } from './tunables.js';

export const history: Bench = {
  name: 'history',
  title: "size of a run's history by number of units",
  run: async ({ folder, program, client, say }): Promise<Row[]> => {
    const rows: Row[] = [];
    for (const count of HISTORY_UNITS) {
      const dir = join(folder, String(count));
      const tasks = [{ name: 'True', type: 'parallel' as const, command: 'true' }];
      const took = await program.run(benchRequest({ dir, tasks, images: count }), `history-${count}`);
      const { events, bytes } = await historySize(client, await workflowIdIn(dir));
      say(`${count} units: ${seconds(took)}, ${events} events, ${bytes} bytes`);
      rows.push({
        what: `history of a run of ${count} units`,
        measured: `${events} events, ${(bytes / 1024).toFixed(0)} KiB`,
        peer: '',
        ratio: '',
        limit: '',
        reached: null,
      });
    }
    return rows;
  },
};
