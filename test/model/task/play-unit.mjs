// The task of the model suite as a program: docs/tasks.md is its contract, play.mjs what it does.
import { readFileSync } from 'node:fs';
import { exitOf, playOf, runOf, writeOutput } from './play.mjs';

const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const play = playOf(JSON.parse(readFileSync(option('--args-json'), 'utf8')));

if (play.log !== undefined) console.log(play.log);
writeOutput(play, option('--out-json'));
if (play.signal !== undefined) {
  process.kill(process.pid, play.signal);
  // Until it arrives.
  setInterval(() => undefined, 1000);
}
process.exitCode = exitOf(play, runOf(option('--args-json')));
