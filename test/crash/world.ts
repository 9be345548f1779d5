/** What outlives every worker of a test: the run's folder, the clock, and which files are not on the disk yet. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { realNow } from './time.js';

/** 2026-01-01: nothing depends on it. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Every file below a folder. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

export class World {
  /** Inodes of files that workers have written and not synced since. */
  readonly dirty = new Set<number>();
  elapsedMs = 0;
  /** How often the host was started anew. */
  boots = 0;

  constructor(
    readonly folder: string,
    /** false where real processes take real time. */
    readonly virtualTime: boolean,
  ) {}

  now(): number {
    return (this.virtualTime ? EPOCH_MS : realNow()) + this.elapsedMs;
  }

  /** Real processes: the clock goes on by what a pause was cut short. */
  advance(ms: number): void {
    this.elapsedMs += ms;
  }

  /** At least a second: who looks often while little happens would only make more points of the same kind. */
  pass(ms: number): void {
    this.elapsedMs += Math.max(1_000, ms);
  }

  /** The workers' host loses power: of what was not synced nothing, or the first half, is left. */
  losePower(left: 'nothing' | 'half'): void {
    for (const path of filesIn(this.folder)) {
      const { ino, size } = statSync(path);
      if (this.dirty.has(ino)) truncateSync(path, left === 'half' ? Math.floor(size / 2) : 0);
    }
    this.dirty.clear();
    this.boots += 1;
  }
}
