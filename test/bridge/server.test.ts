/**
 * The bridge in a real Fractal server (integrations/fractal-server): gunicorn with two workers on a PostgreSQL of its own,
 * jobs through its REST API. One version and the most important cases; `npm run test:bridge` has all.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { whyNoPackages } from '../support/debian.js';
import { postgresqlPrograms } from '../support/postgresql.js';

const script = fileURLToPath(new URL('../../scripts/test-bridge.mjs', import.meta.url));
const VERSION = '2.18.5';
/** The environment from PyPI and the cases: minutes, of which most are waiting on a machine that others use as well. */
const TEST_MS = 1_200_000;

/** As root on Debian it is installed, and that it cannot be is a failure. */
const whyNoPostgresql = (): string | null => {
  const reason = whyNoPackages();
  return reason === null || existsSync('/usr/lib/postgresql') ? null : `no PostgreSQL, and ${reason}`;
};

it(`runs the jobs of fractal-server ${VERSION}`, { timeout: TEST_MS + 100_000 }, async (context) => {
  const why = whyNoPostgresql();
  if (why !== null) context.skip(why);
  await postgresqlPrograms();
  const { exitCode, all } = await execa('node', [script, '--versions', VERSION, '--short'], {
    ...{ all: true, reject: false, stdin: 'ignore', timeout: TEST_MS, forceKillAfterDelay: 60_000 },
  });
  expect(exitCode, all).toBe(0);
});
