/**
 * The operator at the Web UI: a held run is retried by the form "Send an Update", in a browser without a window.
 * By hand, `npm run test:web-ui`; FRACTAL_TEMPORAL_SHOTS names a folder for pictures of it.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHarness, type Harness } from '../support/harness.js';
import { untilStatus } from '../support/operator.js';
import { makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { findBrowser, openBrowser, type Page } from './browser.js';
import { shown } from './shown.js';

const shots = process.env['FRACTAL_TEMPORAL_SHOTS'];
const MINUTES = 60_000;

const FIELD = '#update-confirmation-modal .cm-content';

/** Fills the form in and sends it, as somebody does who looks at the run's page. */
const sendUpdate = async (page: Page, name: string, data: string): Promise<void> => {
  await page.click('the menu of actions', shown('button', 'More Actions'));
  await page.click('its entry for updates', shown('[data-testid=update-button]'));
  await page.click('the list of updates', shown('[data-testid=update-select-button]'));
  await page.click(`the update ${name}`, shown('[role=option]', name));
  await page.click('the field for data', shown(FIELD));
  await page.until('the field to have the focus', `${shown(FIELD)} === document.activeElement`);
  await page.type(data);
  await page.until('what was typed', `${shown(FIELD)}?.textContent.includes('"units"')`);
  await page.until('the form to be complete', `!${shown('[data-testid=confirm-modal-button]')}?.disabled`);
  if (shots !== undefined) await page.screenshot(join(shots, 'web-ui-update.png'));
  await page.click('its button', shown('[data-testid=confirm-modal-button]'));
};

describe('a held run at the Web UI', () => {
  let harness: Harness;
  let page: Page;
  beforeAll(async () => {
    page = await openBrowser(await findBrowser());
    harness = await startHarness({ address: inject('temporal').address });
  }, 5 * MINUTES);
  afterAll(async () => {
    await page?.close();
    await harness?.stop();
  });

  it(
    'is retried by its form, and its list is that of a run that never failed',
    async () => {
      const dir = await harness.folder();
      const broken = join(dir, 'broken');
      await writeFile(broken, '');
      const script = Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [
          zarrUrl(dir, name),
          {
            ...(name === 'b' ? { fail_while: broken } : {}),
            write: { image_list_updates: [update(zarrUrl(dir, name), { attributes: { name } })] },
          },
        ]),
      );
      const tasks: TaskSpec[] = [{ type: 'parallel', runs_file: join(dir, 'runs'), script }];
      const run = await harness.start(
        makeRequest({ dir, tasks, images: ['a', 'b', 'c'], extra: { recovery: { on_failure: 'wait' } } }),
      );
      await untilStatus(run, 'held');
      const { runId } = await run.temporal.describe();
      const path = `namespaces/default/workflows/${run.workflowId}/${runId}/history`;
      await page.open(`${inject('temporal').uiAddress}/${path}`);
      await rm(broken);
      await sendUpdate(page, 'retry', '{"units": "failed"}');
      const result = await run.result();
      expect(result.status).toBe('done');
      expect(result.images.map(({ attributes }) => attributes['name'])).toEqual(['a', 'b', 'c']);
      const begun = (await readFile(join(dir, 'runs'), 'utf8')).split('\n').filter((line) => line !== '');
      expect(begun.map((url) => url.slice(-1)).toSorted()).toEqual(['a', 'b', 'b', 'c']);
      await page.until('the page to say so', `document.body.textContent.includes('Completed')`);
      if (shots !== undefined) await page.screenshot(join(shots, 'web-ui-retried.png'));
    },
    10 * MINUTES,
  );
});
