/** Every slip of docs/troubleshooting.md, typed as it stands there: the program says what the page says. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, type TaskSpec } from '../support/scripted-requests.js';

const page = await readFile(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const [, section = ''] = /^## Slips of the finger$([\s\S]*?)^## /m.exec(page) ?? [];

interface Slip {
  typed: string;
  said: string;
  code: number;
}

const wordsOf = (cell: string): string =>
  cell
    .trim()
    .replace(/^(`+) ?([\s\S]*?) ?\1$/, '$2')
    .replaceAll('\\|', '|');

const slips: Slip[] = section
  .split('\n')
  .filter((line) => /^\| `/.test(line))
  .map((line) => {
    const [typed = '', said = '', code = ''] = line.split(/(?<!\\)\|/).slice(1);
    return { typed: wordsOf(typed), said: wordsOf(said), code: Number(code) };
  });

let sandbox: Sandbox;
let env: NodeJS.ProcessEnv;

const parallel: TaskSpec = { type: 'parallel', command: 'true' };

const write = async (name: string, task: TaskSpec, change: object = {}, edit = (text: string) => text) => {
  const request = makeRequest({ dir: sandbox.dir, tasks: [task], images: ['a', 'b'] });
  const dir = join(sandbox.dir, `run-${name}`);
  const text = JSON.stringify({ ...request, workflow_dir_local: dir, ...change });
  await writeFile(join(sandbox.dir, `${name}.json`), edit(text));
};

/** As a shell does it, in the folder with the files. */
const type = (line: string): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    execFile('bash', ['-c', line], { cwd: sandbox.dir, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, text: `${stdout}\n${stderr}`.replaceAll(/\s+/g, ' ') });
    });
  });

const pattern = (said: string): RegExp =>
  new RegExp(
    said
      .split('...')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );

beforeAll(async () => {
  const { binary, address } = inject('temporal');
  sandbox = await createSandbox(binary);
  const bin = join(sandbox.dir, 'bin');
  await mkdir(bin);
  await mkdir(join(sandbox.dir, 'folder'));
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  await writeFile(join(bin, 'fractal-temporal'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(join(bin, 'fractal-temporal'), 0o755);
  env = { ...sandbox.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, TEMPORAL_ADDRESS: address };
  await write('request', parallel);
  await write('half', parallel, {}, (text) => text.slice(0, 200));
  await write('field', parallel, {}, (text) => text.replace('workflow_dir_local', 'workflow_dir_locl'));
  await write('type', parallel, {}, (text) =>
    text.replace('"task_type":"parallel"', '"task_type":"paralel"'),
  );
  await write('args', parallel, {}, (text) => text.replace('"args_parallel"', '"args_parralel"'));
  await write('meta', { ...parallel, meta: { cpus_per_tsk: 2 } });
  await write('recovery', parallel, { recovery: { memory: { factr: 3 } } });
  await write('relative', parallel, { workflow_dir_local: 'jobs/1' });
  await write('shell', { ...parallel, command: 'true; false' });
  await write('backend', parallel, { backend: 'slrum' });
  await write('slurm', parallel, { backend: 'slurm' });
  await write('missing', { ...parallel, command: './no-such-program' });
  await write('closed', { ...parallel, command: join(sandbox.dir, 'request.json') });
  await write('below-a-file', parallel, { workflow_dir_local: join(sandbox.dir, 'request.json', 'run') });
  await write('plate', parallel, { workflow_dir_local: join(sandbox.dir, 'plate') });
  const done = await type('TEMPORAL_ADDRESS= fractal-temporal run plate.json');
  if (done.code !== 0) throw new Error(done.text);
});
afterAll(() => sandbox.dispose());

describe('slips of the finger', () => {
  it('are forty at least, each once', () => {
    expect(slips.length).toBeGreaterThanOrEqual(40);
    expect(new Set(slips.map(({ typed }) => typed)).size).toBe(slips.length);
  });

  it.concurrent.each(slips)('$typed', { timeout: 90_000 }, async ({ typed, said, code }) => {
    const answer = await type(typed);
    expect(answer.text).toMatch(pattern(said));
    // One clear word, and no stack of ours.
    expect(answer.text).not.toMatch(/ at \S+ \(?(?:file|node):/);
    expect(answer.code, answer.text).toBe(code);
  });
});
