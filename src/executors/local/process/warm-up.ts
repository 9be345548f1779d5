/** Starts the warm interpreters that a run will need, ahead of its units (docs/warm-start.md). */
import { spawn } from 'node:child_process';
import type { Backend } from '../../../batch/contract.js';
import { warmUpScript } from '../../../warm/warm-up-script.js';
import { scrubbedEnvironment, unitShellEnvironment } from '../../environment.js';
import { cpusOf, exportLines, type ScriptPlace } from './submit.js';

/**
 * Neither waits nor fails: what could not be made ready is made ready by the batch that needs it, or started plainly.
 * The same environment as a batch's, since that decides which server is the right one.
 */
export const createWarmUp =
  (place: ScriptPlace): NonNullable<Backend['warmUp']> =>
  (planned) => {
    const commands = planned.map(({ command, layout }) => ({
      command,
      header: exportLines(layout),
      cpus: cpusOf(layout, place),
    }));
    const script = warmUpScript({ kind: 'host', ...place.warm, lock: '' }, commands);
    if (script === null) return;
    const child = spawn('bash', ['-s'], {
      cwd: '/',
      env: unitShellEnvironment(scrubbedEnvironment(process.env)),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
    child.unref();
  };
