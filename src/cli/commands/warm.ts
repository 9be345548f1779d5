/** `warm`: what a warm interpreter does for a task's command. */
import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { scrubbedEnvironment } from '../../executors/environment.js';
import { cacheFolder } from '../../server/folders.js';
import { InvalidCommand, splitCommand } from '../../tasks/command.js';
import { isPythonScript } from '../../warm/python-script.js';
import { warmCacheFile } from '../../warm/script-lines.js';
import { serverFile } from '../../warm/server-text.js';
import { UsageError } from '../exit-codes.js';
import { type Io, tell } from '../io.js';

const wordsOf = (command: string): [python: string, script: string] => {
  try {
    const words = splitCommand(command);
    const [python = '', script = ''] = words;
    if (isPythonScript(words)) return [python, script];
  } catch (error) {
    if (!(error instanceof InvalidCommand)) throw error;
  }
  throw new UsageError(
    `--explain: expected "PYTHON SCRIPT.py" with two absolute paths, got "${command}". Units of any other command are started plainly.`,
  );
};

/** Imports ahead what a server would, in a process of its own, and prints what it has to say of it. */
const explain = async (io: Io, command: string, all: boolean): Promise<void> => {
  const [python, script] = wordsOf(command);
  const about = await stat(script).catch(() => null);
  if (about?.isFile() !== true) throw new UsageError(`--explain: there is no file ${script} here.`);
  const cache = warmCacheFile(join(cacheFolder(io.env), 'warm'), python);
  return new Promise((resolve, reject) => {
    const child = spawn(python, [serverFile, 'explain', script, cache, ...(all ? ['--all'] : [])], {
      env: scrubbedEnvironment(io.env),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.once('error', (error) => {
      reject(new UsageError(`--explain: cannot run ${python}: ${error.message}`));
    });
    child.once('close', (code) => {
      if (text !== '') tell(io, text.trimEnd());
      if (code === 0) resolve();
      else reject(new UsageError(`--explain: ${python} ended with code ${String(code)}`));
    });
  });
};

export const registerWarm = (program: Command, io: Io): void => {
  program
    .command('warm')
    .description('what a warm interpreter does for a task: what it imports ahead, what not and why')
    .requiredOption('--explain <command>', '"PYTHON SCRIPT.py", as a task names it')
    .option('--all', 'list every module that is imported ahead')
    .action((options: { explain: string; all?: boolean }) =>
      explain(io, options.explain, options.all === true),
    );
};
