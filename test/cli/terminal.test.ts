import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { jsonText } from '../../src/cli/io.js';
import { readableLines } from '../../src/report/readable-lines.js';
import { OPEN_LINE_CHARACTERS } from '../../src/report/tunables.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const states = 2_000;
const bar = Array.from({ length: states }, (_, i) => `|${'#'.repeat(40)}| ${i + 1}`).join('\r');
const log = `start\n${bar}\n\u001b]0;owned\u0007\u001b[31mno cells\u001b[0m\u0000`;

describe('a task whose log has a progress bar, colours and a NUL', () => {
  it('run, status and logs show the last state of the bar, and give the terminal no escapes', async () => {
    const task = { type: 'parallel', script: { '*': { log, exit: 3 } } } as const;
    const request = makeRequest({ dir: sandbox.dir, tasks: [task], images: ['a'] });
    const file = join(sandbox.dir, 'request.json');
    await writeFile(file, JSON.stringify(request));
    const run = await sandbox.run(['run', file]);
    expect(run.code).toBe(3);
    const status = await sandbox.run(['status', request.workflow_dir_local]);
    const logs = await sandbox.run(['logs', request.workflow_dir_local, '0/0', '--tail', '3']);
    const last = `|${'#'.repeat(40)}| ${states}`;
    for (const text of [run.stderr, status.stdout, logs.stdout]) {
      expect(text).toContain('no cells');
      expect(text.split('|####').length - 1).toBe(1);
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(text).not.toContain('owned');
    }
    expect(status.stdout).toContain(last);
    expect(logs.stdout).toBe(`start\n${last}\nno cells\n`);
    // To a pipe the log goes as the task wrote it.
    expect((await sandbox.run(['logs', request.workflow_dir_local, '0/0'])).stdout).toBe(`${log}\n`);
  });
});

const read = async (...chunks: (string | Buffer)[]): Promise<string> => {
  let text = '';
  const parts = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const part of readableLines(parts)) text += part;
  return text;
};

describe('a log on its way to a terminal', () => {
  it('is folded across the pieces that it comes in, letters in two of them too', async () => {
    const word = Buffer.from('grün');
    expect(await read('0%\r5', '0%\r1', '00%\n\u001b[3', '1m', word.subarray(0, 3), word.subarray(3))).toBe(
      '100%\ngrün',
    );
  });

  it('a bar without an end is not kept whole; a long line is', async () => {
    const long = 'x'.repeat(OPEN_LINE_CHARACTERS + 1);
    expect(await read(`${long}\r5`, '0%')).toBe('50%');
    expect(await read(long, 'y')).toBe(`${long}y`);
  });
});

describe('jsonText', () => {
  it('is the same JSON, with no control character in it', () => {
    const value = { name: 'a\u009b31m\u007fb', lines: 'one\ntwo' };
    expect(jsonText(value)).not.toMatch(/[\u007f-\u009f]/);
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });
});
