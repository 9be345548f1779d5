/** The requests of the runs whose histories are recorded. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recording } from './recordings.js';
import { makeRequest, scriptedTask, type TaskSpec } from './scripted-requests.js';

/** The task program lies in the run's folder: a history must hold no path of the machine that recorded it. */
const madeOf = async (
  recording: Recording,
  dir: string,
  tasks: TaskSpec[],
  extra: Record<string, unknown>,
) => {
  const program = join(dir, 'scripted-task.mjs');
  await copyFile(scriptedTask, program);
  const own = tasks.map((task) => ({ ...task, command: `node ${program}` }));
  const { images = [], extra: ofRecording = {} } = recording;
  return makeRequest({ dir, tasks: own, images, extra: { ...ofRecording, ...extra } });
};

/** Of the run that is gone on from; null where there is none. */
export const earlierRequestOf = async (
  recording: Recording,
  dir: string,
): Promise<Record<string, unknown> | null> =>
  recording.earlier === undefined
    ? null
    : madeOf(recording, dir, recording.earlier(dir), { workflow_dir_local: join(dir, 'earlier') });

export const requestOf = (recording: Recording, dir: string): Promise<Record<string, unknown>> =>
  madeOf(
    recording,
    dir,
    recording.tasks(dir),
    recording.earlier === undefined ? {} : { continue_from: join(dir, 'earlier') },
  );
