// A task that does what its arguments say, so that tests can bring about every end of a unit.
// `script` maps a zarr_url (or "*") to steps: {log, hog_bytes, alone, tell, wait_for, fail_while, write, writes, raw, left, exit, exits, signal}. Each run of a unit appends
// a line to `runs_file`, so that a test can count how often a unit began.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const args = JSON.parse(readFileSync(option('--args-json'), 'utf8'));
const out = option('--out-json');
const key = args.zarr_url ?? '*';
const script = args.script?.[key] ?? args.script?.['*'] ?? {};

if (args.runs_file) appendFileSync(args.runs_file, `${key}\n`);
if (script.log) console.log(script.log);
// Written to, or the pages would not count.
const hog = script.hog_bytes ? Buffer.alloc(script.hog_bytes, 1) : null;
if (script.alone) {
  try {
    mkdirSync(script.alone);
  } catch {
    process.exit(8);
  }
}
if (script.tell) writeFileSync(script.tell, '');
while (script.wait_for && !existsSync(script.wait_for)) await sleep(POLL_MS);
if (script.fail_while && existsSync(script.fail_while)) {
  if (script.alone) rmdirSync(script.alone);
  process.exit(9);
}
// Each run before has left its log beside the arguments.
const argsFile = option('--args-json');
const old = `${basename(argsFile).slice(0, -'args.json'.length)}log.`;
const runs = readdirSync(dirname(argsFile)).filter(
  (name) => name.startsWith(old) && /\.\d+\.txt$/.test(name),
).length;
if (script.writes) script.write = script.writes[runs] ?? undefined;
if (script.write !== undefined) writeFileSync(out, JSON.stringify(script.write));
if (script.raw !== undefined) writeFileSync(out, script.raw);
if (script.left === 'folder') mkdirSync(out);
if (script.left === 'pipe') execFileSync('mkfifo', [out]);
if (script.left === 'loop') symlinkSync(out, out);
if (script.left === 'not UTF-8') writeFileSync(out, Buffer.from('7b7d20fc', 'hex'));
if (script.signal) {
  process.kill(process.pid, script.signal);
  await sleep(60_000);
}
script.exit = script.exits?.[runs] ?? script.exit;
if (script.alone) rmdirSync(script.alone);
process.exitCode = hog?.length === 0 ? 1 : (script.exit ?? 0);
