/** Recorded histories must replay: a change of the workflow that would break running runs is found here. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { encryptingConverter } from '../../src/encryption/converter.js';
import { quiet } from '../support/harness.js';
import { recordedKeys, sourceOf, testKey } from '../support/keys.js';
import { recordings } from '../support/recordings.js';

const folder = fileURLToPath(new URL('../histories/', import.meta.url));
const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

const dataConverter = encryptingConverter(recordedKeys());

let bundle: WorkflowBundleWithSourceMap;
let encryptingBundle: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  quiet();
  bundle = await bundleWorkflowCode({ workflowsPath, logger: undefined });
  const { failureConverterPath = '' } = dataConverter;
  encryptingBundle = await bundleWorkflowCode({ workflowsPath, logger: undefined, failureConverterPath });
});

const readHistory = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(`${folder}${name}.json`, 'utf8'));

interface RecordedEvent {
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

describe('recorded histories', () => {
  it('are all there, and no others', async () => {
    const names = (await readdir(folder)).map((file) => file.replace(/\.json$/, ''));
    expect(names.sort()).toEqual(recordings.map((recording) => recording.name).sort());
  });

  it.each(recordings.filter(({ encrypted = false }) => !encrypted))('$name replays', async ({ name }) => {
    const history = await readHistory(name);
    await Worker.runReplayHistory({ workflowBundle: bundle, replayName: name }, history);
  });

  it.each(recordings.filter(({ encrypted = false }) => encrypted))('$name replays', async ({ name }) => {
    const history = await readHistory(name);
    const options = { workflowBundle: encryptingBundle, dataConverter, replayName: name };
    await Worker.runReplayHistory(options, history);
  });

  it('encrypted ones hold both keys, and replay with them only', async () => {
    const history = await readHistory('encrypted-rotated');
    const ids = ['before-rotation', 'after-rotation'].map((id) => Buffer.from(id).toString('base64'));
    for (const id of ids) expect(JSON.stringify(history)).toContain(id);
    const foreign = encryptingConverter(sourceOf(testKey('before-rotation', 1)));
    const options = { workflowBundle: encryptingBundle, dataConverter: foreign };
    await expect(Worker.runReplayHistory(options, history)).rejects.toThrow(/workflow task failure/);
  });

  it('fails for a history in which another activity was scheduled', async () => {
    const history = (await readHistory('success')) as { events: RecordedEvent[] };
    const plan = history.events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'planTask',
    );
    if (plan?.activityTaskScheduledEventAttributes === undefined)
      throw new Error('no planTask in the history');
    plan.activityTaskScheduledEventAttributes.activityType.name = 'applyTask';
    await expect(Worker.runReplayHistory({ workflowBundle: bundle }, history)).rejects.toThrow();
  });

  it('are read although two majors of protobufjs are installed', async () => {
    expect(historyFromJSON(await readHistory('success')).events?.length).toBeGreaterThan(10);
  });
});
