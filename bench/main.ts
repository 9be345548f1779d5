/** The benches, against a running `up` (docs/performance.md). Started by scripts/bench.mjs. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import Table from 'cli-table3';
import { findUpServer } from '../src/server/up-server.js';
import type { Bench, Row } from './bench.js';
import { cli, cliLogs } from './cli.js';
import { cores } from './cores.js';
import { history } from './history.js';
import { images } from './images.js';
import { openProgram } from './program.js';
import { slurm } from './slurm.js';
import { steps } from './steps.js';
import { WARM_PAIRS } from './tunables.js';
import { units } from './units.js';
import { users } from './users.js';
import { warmBenches } from './warm/index.js';
import { realTasksBench } from './warm/real-tasks.js';

export const benches: readonly Bench[] = [
  cli,
  cliLogs,
  units,
  steps,
  images,
  history,
  slurm,
  cores,
  users,
  ...warmBenches,
  realTasksBench,
];

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const verdict = (reached: boolean | null): string => (reached === null ? '' : reached ? 'reached' : 'MISSED');

const tableOf = (rows: Row[]): string => {
  const table = new Table({
    head: ['what', 'measured', 'peer', 'ratio', 'limit', ''],
    style: { head: [], border: [] },
  });
  for (const { what, measured, peer, ratio, limit, reached } of rows)
    table.push([what, measured, peer, ratio, limit, verdict(reached)]);
  return table.toString();
};

const machine = (): string =>
  `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, ` +
  `load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`;

const runAll = async (
  folder: string,
  serverBinary: string,
  chosen: Bench[],
  pairs: number,
): Promise<Row[]> => {
  const program = await openProgram(folder, serverBinary);
  const up = await program.start(['up']);
  try {
    const server = await findUpServer(program.home);
    if (server === null) throw new Error(`no server of \`up\` in ${program.home}`);
    const { address } = server;
    const connection = await Connection.connect({ address });
    try {
      const client = new Client({ connection });
      const rows: Row[] = [];
      for (const bench of chosen) {
        say(`${bench.name}: ${bench.title}`);
        const own = join(folder, bench.name);
        await mkdir(own);
        const tell = (line: string): void => {
          say(`  ${line}`);
        };
        rows.push(...(await bench.run({ folder: own, program, address, client, say: tell, pairs })));
      }
      return rows;
    } finally {
      await connection.close();
    }
  } finally {
    await up.stop();
  }
};

/** `warm` names `warm-units` and its like, too. */
const isNamedBy = (name: string, { name: own }: Bench): boolean => own === name || own.startsWith(`${name}-`);

/**
 * @param names which benches; all but those that must be named when empty.
 * @returns the exit code: 1 when a limit was missed.
 * @throws Error for an unknown name.
 */
export const runBenches = async (
  names: string[],
  serverBinary: string,
  { pairs = WARM_PAIRS }: { pairs?: number } = {},
): Promise<number> => {
  const unknown = names.filter((name) => !benches.some((bench) => isNamedBy(name, bench)));
  if (unknown.length > 0) {
    const known = benches.map(({ name }) => name).join(', ');
    throw new Error(`no bench named ${unknown.join(', ')}; there are ${known}`);
  }
  const chosen = benches.filter((bench) =>
    names.length === 0 ? bench.byNameOnly !== true : names.some((name) => isNamedBy(name, bench)),
  );
  const folder = await mkdtemp(join(tmpdir(), 'fractal-temporal-bench-'));
  const before = machine();
  try {
    const rows = await runAll(folder, serverBinary, chosen, pairs);
    process.stdout.write(`Before: ${before}\n${tableOf(rows)}\nAfter: ${machine()}\n`);
    return rows.some(({ reached }) => reached === false) ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
