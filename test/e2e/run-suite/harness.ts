/** What the suite of whole runs needs of a backend's workers. */
import type { RunHandle } from '../../../src/client/index.js';
import type { Harness } from '../../support/harness.js';
import { makeRequest, type TaskSpec } from '../../support/scripted-requests.js';

export type RunHarness = Pick<Harness, 'folder' | 'start'>;

/** Begins a run of these tasks in a folder of its own. */
export const beginningOn =
  (harness: () => RunHarness) =>
  async (
    tasks: (dir: string) => TaskSpec[],
    images: string[] = [],
    extra = {},
  ): Promise<{ dir: string; handle: RunHandle }> => {
    const dir = await harness().folder();
    const handle = await harness().start(makeRequest({ dir, tasks: tasks(dir), images, extra }));
    return { dir, handle };
  };
