/** Chromium without a window, spoken to by its DevTools protocol over pipes (`--remote-debugging-pipe`). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { installPackages, whyNoPackages } from '../support/debian.js';
import { until } from '../support/until.js';

const WIDTH = 1_400;
const HEIGHT = 1_000;
/** A page of the Web UI asks its server again and again; on busy cores its first look takes its time. */
const PATIENCE_MS = 120_000;

interface Message {
  id?: number;
  result?: unknown;
  error?: { message: string };
}

export interface Page {
  open(url: string): Promise<void>;
  /** The value of an expression in the page; a promise is waited for. */
  evaluate<T>(expression: string): Promise<T>;
  /** Until the expression is true; `what` is told where it never is. */
  until(what: string, expression: string): Promise<void>;
  /** Into the element that has the focus. */
  type(text: string): Promise<void>;
  /** The element for which the expression stands, once there is one; it gets the focus. */
  click(what: string, expression: string): Promise<void>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * The program that FRACTAL_TEMPORAL_BROWSER names, else Debian's Chromium, which is installed where it is missing.
 *
 * @throws Error where it cannot be installed.
 */
export const findBrowser = async (): Promise<string> => {
  const named = process.env['FRACTAL_TEMPORAL_BROWSER'];
  if (named) return named;
  const { failed } = await execa('chromium', ['--version'], { reject: false });
  if (!failed) return 'chromium';
  const why = whyNoPackages();
  if (why !== null)
    throw new Error(
      `there is no chromium, and to install it ${why}; FRACTAL_TEMPORAL_BROWSER names another program`,
    );
  await installPackages(['chromium']);
  return 'chromium';
};

/** @throws Error when the program cannot be started. */
export const openBrowser = async (program: string): Promise<Page> => {
  const profile = await mkdtemp(join(tmpdir(), 'fractal-temporal-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe'];
  const child = spawn(
    program,
    [...flags, `--window-size=${WIDTH},${HEIGHT}`, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await once(child, 'spawn').catch(async (error: unknown) => {
    await rm(profile, { recursive: true });
    throw new Error(`${program} cannot be started`, { cause: error });
  });
  const input = child.stdio[3] as Writable;
  const output = child.stdio[4] as Readable;
  const waiting = new Map<number, (message: Message) => void>();
  let text = '';
  output.setEncoding('utf8').on('data', (more: string) => {
    const parts = (text + more).split('\0');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) waiting.get(message.id)?.(message);
    }
  });
  let sent = 0;
  const send = async (method: string, params: object = {}, sessionId?: string): Promise<unknown> => {
    const id = (sent += 1);
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    const { error, result } = await answer;
    waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  const { targetId } = (await send('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
  const attached = await send('Target.attachToTarget', { targetId, flatten: true });
  const { sessionId } = attached as { sessionId: string };
  const inPage = (method: string, params: object = {}): Promise<unknown> => send(method, params, sessionId);

  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await inPage('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as {
      result: { value?: unknown };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  };
  const untilTrue: Page['until'] = (what, expression) =>
    until(what, () => evaluate<boolean>(`Boolean(${expression})`), PATIENCE_MS);
  return {
    open: async (url) => {
      await inPage('Page.navigate', { url });
    },
    evaluate,
    until: untilTrue,
    type: async (words) => {
      await inPage('Input.insertText', { text: words });
    },
    click: async (what, expression) => {
      await untilTrue(what, expression);
      await evaluate(`(${expression})?.click(), (${expression})?.focus()`);
    },
    screenshot: async (path) => {
      const { data } = (await inPage('Page.captureScreenshot', { format: 'png' })) as { data: string };
      await writeFile(path, Buffer.from(data, 'base64'));
    },
    close: async () => {
      await send('Browser.close').catch(() => undefined);
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
