/**
 * Encrypted runs at the Web UI, in a browser without a window: ciphertext, and what a codec server makes of it.
 * By hand, `npm run test:web-ui`; FRACTAL_TEMPORAL_SHOTS names a folder for pictures of it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { encryptingConverter } from '../../src/encryption/converter.js';
import { openKeyFile } from '../../src/encryption/key-file.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { findBrowser, openBrowser, type Page } from './browser.js';
import { shown } from './shown.js';

const shots = process.env['FRACTAL_TEMPORAL_SHOTS'];
const MINUTES = 60_000;

/** In the name of the workflow, and thereby in the request, and in what its task says before it fails. */
const CANARY = 'canary-of-the-plate';

describe('a failed encrypted run at the Web UI', () => {
  let sandbox: Sandbox;
  let harness: Harness;
  let page: Page;
  let keys: string;
  let run: RunHandle;
  beforeAll(async () => {
    page = await openBrowser(await findBrowser());
    sandbox = await createSandbox(inject('temporal').binary);
    keys = join(sandbox.dir, 'keys.json');
    expect((await sandbox.run(['keys', 'new', keys])).code).toBe(0);
    const dataConverter = encryptingConverter(openKeyFile(keys));
    harness = await startHarness({ address: inject('temporal').address, dataConverter });
    const dir = await harness.folder();
    const task = { type: 'parallel', script: { '*': { exit: 3, log: `${CANARY} is not there` } } } as const;
    const request = makeRequest({ dir, tasks: [task], images: ['a'] });
    run = await harness.start({ ...request, workflow: { ...request.workflow, name: CANARY } });
    await expect(run.result()).rejects.toThrow(CANARY);
  }, 5 * MINUTES);
  afterAll(async () => {
    await page?.close();
    await harness?.stop();
    await sandbox?.dispose();
  });

  const text = `document.querySelector('[data-testid=input-and-result]')?.textContent`;

  const picture = async (name: string): Promise<void> => {
    if (shots !== undefined) await page.screenshot(join(shots, `${name}.png`));
  };

  /** The codec server as its command starts it; where it listens. */
  const startCodecServer = async (...more: string[]): Promise<string> => {
    const server = sandbox.start(['codec-server', '--port', '0', '--keys', keys, ...more]);
    await server.says('Ctrl-C ends it');
    return /http:\/\/127\.0\.0\.1:\d+/.exec(server.stdout())?.[0] ?? '';
  };

  /** As somebody does who clicks the glasses; what the page has read by then is not asked for again. */
  const enterEndpoint = async (endpoint: string): Promise<void> => {
    await page.click('the button of the codec server', shown('[data-testid^=data-encoder-status]'));
    await page.click('the setting of this browser', `document.querySelector('#use-local-endpoint-radio')`);
    await page.click('the field for its address', shown('[data-testid=data-encoder-endpoint-input]'));
    await page.evaluate('document.activeElement.select()');
    await page.type(endpoint);
    await picture('web-ui-codec-form');
    await page.click('its button', shown('[data-testid=confirm-modal-button]', 'Apply'));
    await page.evaluate('location.reload()');
  };

  it(
    'is ciphertext, also for a page that the codec server does not know; with its origin, all is read',
    async () => {
      const origin = new URL(inject('temporal').uiAddress).origin;
      const { runId } = await run.temporal.describe();
      await page.open(`${origin}/namespaces/default/workflows/${run.workflowId}/${runId}/history`);
      await page.until('the request, as the server has it', `${text}?.includes('Encoded failure')`);
      expect(await page.evaluate('document.body.textContent')).not.toContain(CANARY);
      await picture('web-ui-ciphertext');

      await enterEndpoint(await startCodecServer());
      await page.until('the refusal', shown('[data-testid=data-encoder-status-error]'));
      await page.until('what is not decrypted', `document.body.textContent.includes('Encoded failure')`);
      expect(await page.evaluate('document.body.textContent')).not.toContain(CANARY);
      await picture('web-ui-codec-refused');

      await enterEndpoint(await startCodecServer('--cors-origin', origin));
      await page.until('the request in words', `${text}?.includes('"name": "${CANARY}"')`);
      await page.until('why it failed', `${text}?.includes('the task ended with exit code 3. Its log ends')`);
      await picture('web-ui-decrypted');
    },
    10 * MINUTES,
  );
});
