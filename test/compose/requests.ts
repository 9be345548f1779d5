/** Requests for the local worker of docker-compose.yml: paths of tasks and of Node are those in its container. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRawPlate } from '../../examples/demo/raw-plate.js';
import { type DemoRequest, LIGHT_TASKS_DIR, lightRequest } from '../../examples/demo/request.js';
import { scriptedTask } from '../support/scripted-requests.js';

const IN_IMAGE = '/opt/fractal-temporal/examples/light-tasks';
const NODE_IN_IMAGE = '/usr/local/bin/node';

/** The light demo's, with plate, images and run in `dir`. */
export const requestInContainer = async (dir: string): Promise<DemoRequest> => {
  const [rawDir, zarrDir, workflowDir] = [join(dir, 'raw'), join(dir, 'zarr'), join(dir, 'run')];
  await mkdir(zarrDir, { recursive: true });
  const request = await lightRequest({
    zarrDir,
    workflowDir,
    rawDir,
    ...(await writeRawPlate(rawDir)),
    node: NODE_IN_IMAGE,
  });
  return JSON.parse(JSON.stringify(request).replaceAll(LIGHT_TASKS_DIR, IN_IMAGE)) as DemoRequest;
};

/** The same with a second task that writes a line into `runs` each time it begins, and waits until `go` is there. */
export const gatedRequest = async (
  dir: string,
): Promise<{ request: DemoRequest & { recovery: object }; runs: string; go: string }> => {
  const light = await requestInContainer(dir);
  const [go, runs, script] = [join(dir, 'go'), join(dir, 'runs'), join(dir, 'scripted-task.mjs')];
  await cp(scriptedTask, script);
  const gate = {
    ...{
      id: 100,
      order: 1,
      task_type: 'non_parallel' as const,
      args_non_parallel: { runs_file: runs, script: { '*': { wait_for: go } } },
    },
    task: { name: 'Gate', type: 'non_parallel' as const, command_non_parallel: `${NODE_IN_IMAGE} ${script}` },
  };
  const [first, ...rest] = light.workflow.task_list;
  if (first === undefined) throw new TypeError('the demo has tasks');
  const task_list = [first, gate, ...rest.map((task) => ({ ...task, order: task.order + 1 }))];
  const request = {
    ...light,
    workflow: { ...light.workflow, task_list },
    recovery: { rerun_interrupted: true },
  };
  return { request: request as DemoRequest & { recovery: object }, runs, go };
};
