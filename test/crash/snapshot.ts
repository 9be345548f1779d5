/** What lies on the disk and at the site at a moment, kept so that a run can begin there again and again. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Nodes } from './ground.js';
import { filesIn, type World } from './world.js';

export interface Snapshot {
  files: { path: string; content: Buffer; mode: number; dirty: boolean }[];
  nodes: unknown;
  elapsedMs: number;
}

export const takeSnapshot = (world: World, nodes: Nodes): Snapshot => ({
  files: filesIn(world.folder).map((path) => {
    const { ino, mode } = statSync(path);
    return { path, content: readFileSync(path), mode, dirty: world.dirty.has(ino) };
  }),
  nodes: nodes.snapshot(),
  elapsedMs: world.elapsedMs,
});

export const restoreSnapshot = (
  { files, nodes: kept, elapsedMs }: Snapshot,
  world: World,
  nodes: Nodes,
): void => {
  rmSync(world.folder, { recursive: true, force: true });
  mkdirSync(world.folder, { recursive: true });
  world.dirty.clear();
  for (const { path, content, mode, dirty } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    if (dirty) world.dirty.add(statSync(path).ino);
  }
  nodes.restore(kept);
  world.elapsedMs = elapsedMs;
  world.boots = 0;
};
