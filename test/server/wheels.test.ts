import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TEMPORAL_CLI_VERSION } from '../../src/server/tunables.js';
import { wheels } from '../../src/server/wheels.js';

describe('the pinned wheels', () => {
  it('are there for Linux and macOS, on x86-64 and Arm, each with hashes of its own', () => {
    expect(Object.keys(wheels).sort()).toEqual(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']);
    const hashes = Object.values(wheels).flatMap(({ wheelSha256, programSha256 }) => [
      wheelSha256,
      programSha256,
    ]);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(8);
  });

  it('the build with Go is of the same version', async () => {
    const modules = await readFile(new URL('../../tools/temporal/go.mod', import.meta.url), 'utf8');
    expect(/temporalio\/cli v(\S+)/.exec(modules)?.[1]).toBe(TEMPORAL_CLI_VERSION);
  });

  it.each(Object.entries(wheels))('docs/server.md shows the hashes for %s', async (_platform, wheel) => {
    const page = await readFile(new URL('../../docs/server.md', import.meta.url), 'utf8');
    const missing = [wheel.wheelSha256, wheel.programSha256].filter((hash) => !page.includes(hash));
    expect(missing).toEqual([]);
  });
});
