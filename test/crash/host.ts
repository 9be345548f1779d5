/** This host as the nodes of a run: real scripts and real units, found by their environment. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_VARIABLE } from '../../src/executors/local/process/launch.js';
import type { Nodes } from './ground.js';
import { running } from './processes.js';
import { kill } from '../support/kill.js';

const LOOK_MS = 5;

/** What has not ended by then will not: no unit takes a tenth of it. */
const PATIENCE_MS = 20_000;

interface Found {
  pid: number;
  key: string;
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

export class Host implements Nodes {
  private timer: NodeJS.Timeout | null = null;

  /** @param keyPrefix of all batches of the run. */
  constructor(
    private readonly folder: string,
    private readonly keyPrefix: string,
  ) {}

  snapshot(): null {
    return null;
  }

  restore(): void {
    // All of it lies in the folder.
  }

  get begun(): string[] {
    const path = join(this.folder, 'begun');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  get steps(): number {
    return this.begun.length;
  }

  /** Batches whose script has begun. */
  get jobs(): { key: string }[] {
    const batches = join(this.folder, 'run', '.runner', 'batches');
    if (!existsSync(batches)) return [];
    return readdirSync(batches)
      .filter((key) => existsSync(join(batches, key, 'owner')))
      .map((key) => ({ key }));
  }

  get live(): { key: string }[] {
    return [...new Set(this.processes().map(({ key }) => key))].map((key) => ({ key }));
  }

  /** Called whenever a unit may have begun. */
  set watcher(watcher: (() => void) | null) {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = watcher === null ? null : setInterval(watcher, LOOK_MS);
  }

  /** Lets units go on that wait for that; scripts that wait for a worker are all that is left then. */
  async finishAll(): Promise<void> {
    writeFileSync(join(this.folder, 'go'), '');
    await this.until(() => this.processes().every(({ key }) => this.waits(key)));
  }

  async settle(): Promise<void> {
    await this.until(() => this.processes().length === 0 && running.size === 0);
  }

  async killAll(): Promise<void> {
    await this.until(() => {
      const found = this.processes();
      for (const { pid } of found) kill(pid);
      for (const child of running) child.kill('SIGKILL');
      return found.length === 0 && running.size === 0;
    });
  }

  /** No lane of the batch may run anything, and none does. */
  private waits(key: string): boolean {
    const folders = ['state', 'other-state'].map((name) => join(this.folder, name, 'queue', 'batches', key));
    const folder = folders.find((path) => existsSync(join(path, 'lanes')));
    if (folder === undefined) return false;
    const lanes = textOf(join(folder, 'lanes')).split('\n').slice(0, -1);
    const active = lanes.filter((line) => line.startsWith('+')).length;
    const stopped = lanes.filter((line) => line.startsWith('-')).length;
    return textOf(join(folder, 'width')).startsWith('0\n') && active === stopped;
  }

  private processes(): Found[] {
    const mark = `${BATCH_VARIABLE}=${this.keyPrefix}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const word = textOf(`/proc/${name}/environ`)
          .split('\0')
          .find((variable) => variable.startsWith(mark));
        // That of a process which has ended, but whose parent has not asked how, is empty.
        return word === undefined ? [] : [{ pid: Number(name), key: word.slice(BATCH_VARIABLE.length + 1) }];
      });
  }

  private async until(condition: () => boolean): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS && !condition(); waited += LOOK_MS) await sleep(LOOK_MS);
  }
}
