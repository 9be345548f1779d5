/** `export`: the dataset that a run has left, as a file that a Fractal server imports. */
import type { Command } from 'commander';
import { readEndedRun } from '../../client/ended-run.js';
import { readIfThere } from '../../state/files.js';
import { requestPath } from '../../state/paths.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import { directoryOf } from '../directory-of.js';
import { UsageError } from '../exit-codes.js';
import type { Io, ServerOptions } from '../io.js';
import { jsonText } from '../io.js';
import { addServerOptions } from '../options.js';
import { writeResult } from '../write-result.js';

interface ExportOptions extends ServerOptions {
  name?: string;
  result?: string;
}

const exportCommand = async (io: Io, id: string, options: ExportOptions): Promise<void> => {
  const runDir = await directoryOf(io, id, options);
  const ended = await readEndedRun(runDir);
  if (ended === null)
    throw new UsageError(`${runDir} holds no result: the run has not ended, or it cannot be seen.`);
  const text = await readIfThere(requestPath(runDir));
  if (text === null) {
    throw new UsageError(
      `${requestPath(runDir)} is gone, which says where the dataset's images lie: give its zarr_dir and the images of result.json to the server yourself.`,
    );
  }
  const { dataset } = JSON.parse(text) as ProcessWorkflowRequest;
  const images = ended.result.images.map(({ zarr_url, origin, attributes, types }) => ({
    ...{ zarr_url, origin, attributes, types },
  }));
  const name = options.name ?? dataset.name ?? ended.workflowId;
  await writeResult(io, jsonText({ name, zarr_dir: dataset.zarr_dir, images }), options.result);
};

export const registerExport = (program: Command, io: Io): void => {
  const command = program
    .command('export')
    .description('the dataset that a run has left, with its images, as a file that a Fractal server imports')
    .argument('<id>', 'workflow id, or the directory of a run that has ended')
    .option('--name <name>', 'name of the dataset (default: as the request has it)')
    .option('--result <file>', 'where to write it (default: stdout)');
  addServerOptions(command).action((id: string, options: ExportOptions) => exportCommand(io, id, options));
};
