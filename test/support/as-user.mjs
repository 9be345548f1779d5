// The built program as another user of this machine: `node as-user.mjs UID GID ARGUMENT...`, started by root. It is loaded
// before root's rights are given up, since the checkout itself may lie where that user cannot read.
import { setgid, setgroups, setuid } from 'node:process';
import { createProgram } from '../../dist/cli/program.js';
import { describeError } from '../../dist/cli/describe-error.js';
import { exitCodeOf } from '../../dist/cli/exit-code-of.js';
import '../../dist/cli/private-session.js';

const [uid, gid, ...args] = process.argv.slice(2);
const io = { env: process.env, stdout: process.stdout, stderr: process.stderr };
const program = await createProgram(io, args);
setgroups([Number(gid)]);
setgid(Number(gid));
setuid(Number(uid));
process.chdir('/');
let code = 0;
try {
  await program.parseAsync(['node', 'fractal-temporal', ...args]);
} catch (error) {
  process.stderr.write(`${describeError(error, false)}\n`);
  code = exitCodeOf(error);
}
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
