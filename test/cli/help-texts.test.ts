/** The help of every command in terminals of 50, 80 and 120 columns (test/support/texts.ts). */
import { tmpdir } from 'node:os';
import { describe, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.js';
import { expectText, WIDTHS } from '../support/texts.js';

const env = { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', CI: '' };

describe.each(WIDTHS)('at %d columns', (columns) => {
  const options = { columns, cwd: tmpdir(), env };

  it.concurrent.for(commands.map(({ name }) => name))(
    '%s --help, with the exit codes',
    async (name, { expect }) => {
      const text = await expectText(expect, `help-${name}`, [name, '--help'], options);
      expect(text).toContain('Exit codes:');
      expect(text).toMatch(new RegExp(`^Usage: fractal-temporal ${name}`));
    },
  );

  it.concurrent.for(['exit-codes'])('help %s', async (topic, { expect }) => {
    await expectText(expect, `help-topic-${topic}`, ['help', topic], options);
  });

  it.concurrent('--help', async ({ expect }) => {
    await expectText(expect, 'help', ['--help'], options);
  });
});
