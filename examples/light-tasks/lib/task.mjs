/**
 * What every Fractal task does around its own work, whatever language it is written in:
 *
 *     COMMAND --args-json ARGS.json --out-json OUT.json
 *
 * 1. read one JSON object of arguments from ARGS.json;
 * 2. work, and write log lines to stdout or stderr (both end up in the unit's log file);
 * 3. write one JSON object to OUT.json, or nothing when there is nothing to tell;
 * 4. exit with 0, or with another code when it failed. A positive code is the task's own failure.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

/** One log line, with the time first, so that a log can be read beside the others of a run. */
export function log(message) {
  console.log(`${new Date().toISOString()} ${message}`);
}

/**
 * Run `work(args)` as a Fractal task; what it returns is written to the output file, `undefined` writes none.
 *
 * @param {(args: Record<string, any>) => object | undefined} work
 */
export function runTask(work) {
  const name = basename(process.argv[1], '.mjs');
  try {
    const { values } = parseArgs({
      options: { 'args-json': { type: 'string' }, 'out-json': { type: 'string' } },
    });
    const argsFile = values['args-json'];
    const outFile = values['out-json'];
    if (argsFile === undefined || outFile === undefined) {
      throw new Error('usage: COMMAND --args-json FILE --out-json FILE');
    }
    // An output that is there already belongs to an earlier run: it must not be mixed up with this one's.
    if (existsSync(outFile)) throw new Error(`the output file ${outFile} exists already`);

    const args = JSON.parse(readFileSync(argsFile, 'utf8'));
    log(`START ${name}`);
    const output = work(args);
    if (output !== undefined) writeFileSync(outFile, `${JSON.stringify(output, null, 2)}\n`);
    log(`END ${name}`);
  } catch (error) {
    // The last lines of the log are what a user sees first when a task failed: say what was wrong, then where.
    console.error(error);
    console.error(`FAILED ${name}: ${error.message}`);
    process.exitCode = 1;
  }
}

/** An argument that must be there; says which one is missing instead of failing later on `undefined`. */
export function required(args, key) {
  const value = args[key];
  if (value === undefined || value === null) throw new Error(`argument "${key}" is missing`);
  return value;
}
