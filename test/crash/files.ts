/**
 * `node:fs/promises` whose every operation passes the seam; for `vi.mock`.
 *
 * Inside an attempt each operation is done at once (the synchronous call), so that a killed attempt leaves none half
 * done, and thousands of runs take seconds.
 */
import * as fs from 'node:fs';
import { basename } from 'node:path';
import { currentAttempt, operation, type Attempt } from './seam.js';

type Callable = (...args: unknown[]) => unknown;

const shown = (path: unknown): string =>
  typeof path === 'string' ? basename(path).replace(/\.[0-9a-f-]{36}\.tmp$/, '.tmp') : '';

const WRITES = new Set(['appendFile', 'writeFile']);

const perform = (attempt: Attempt, name: string, call: Callable, args: unknown[]): unknown => {
  if (name === 'open') {
    const fd = fs.openSync(args[0] as string, args[1] as string, args[2] as number);
    // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
    return new SeamHandle(fd, shown(args[0]), attempt);
  }
  const result = call(...args);
  if (WRITES.has(name) && typeof args[0] === 'string') attempt.world.dirty.add(fs.statSync(args[0]).ino);
  return result;
};

/** Stands for a FileHandle: what the product uses of one. */
class SeamHandle {
  constructor(
    readonly fd: number,
    private readonly title: string,
    private readonly attempt: Attempt,
  ) {
    attempt.descriptors.add(fd);
  }

  appendFile(data: string | Uint8Array): Promise<void> {
    return this.write(data).then(() => undefined);
  }

  writeFile(data: string | Uint8Array): Promise<void> {
    return this.appendFile(data);
  }

  /** At `position`, or where the last write ended. */
  write(
    data: string | Uint8Array,
    offset = 0,
    length?: number,
    position: number | null = null,
  ): Promise<{ bytesWritten: number }> {
    return this.does('write', () => {
      this.attempt.world.dirty.add(fs.fstatSync(this.fd).ino);
      const bytes = Buffer.from(data);
      return {
        bytesWritten: fs.writeSync(this.fd, bytes, offset, length ?? bytes.length - offset, position),
      };
    });
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<unknown> {
    return this.does('read', () => ({
      bytesRead: fs.readSync(this.fd, buffer, offset, length, position),
      buffer,
    }));
  }

  readFile(encoding?: BufferEncoding): Promise<string | Buffer> {
    return this.does('readFile', () => fs.readFileSync(this.fd, encoding));
  }

  stat(): Promise<fs.Stats> {
    return this.does('stat', () => fs.fstatSync(this.fd));
  }

  /** Which files would be on the disk is enough to know; to wait for the disk would take minutes. */
  sync(): Promise<void> {
    return this.does('sync', () => {
      this.attempt.world.dirty.delete(fs.fstatSync(this.fd).ino);
    });
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  close(): Promise<void> {
    return this.does('close', () => {
      this.attempt.close(this.fd);
    });
  }

  private does<T>(name: string, perform: () => T): Promise<T> {
    return operation(`${name} ${this.title}`, perform);
  }
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

const TWO_PATHS = new Set(['link', 'rename', 'copyFile', 'symlink']);

const titleOf = (name: string, args: unknown[]): string => {
  const reads = name === 'open' && (args[1] === 'r' || args[1] === undefined);
  return `${name}${reads ? ' r' : ''} ${shown(args[TWO_PATHS.has(name) ? 1 : 0])}`;
};

/** All functions of the module, wrapped; everything else as it is. */
export const seamFiles = <M extends object>(original: M): M => {
  const wrapped = Object.fromEntries(
    Object.entries(original).map(([name, value]: [string, unknown]) => {
      const synchronous = (fs as unknown as Record<string, Callable | undefined>)[`${name}Sync`];
      if (typeof value !== 'function' || synchronous === undefined) return [name, value];
      const seam: Callable = (...args) => {
        const attempt = currentAttempt();
        if (attempt === null) return (value as Callable)(...args);
        const path = args[0];
        if (path === BOOT_ID) return Promise.resolve(`boot ${attempt.world.boots}\n`);
        // What the kernel says of processes: to list them is one operation, and how many there are no matter of the run.
        if (typeof path === 'string' && path.startsWith('/proc/'))
          return attempt.alive().then(() => (value as Callable)(...args));
        return operation(titleOf(name, args), () => perform(attempt, name, synchronous, args));
      };
      return [name, seam];
    }),
  ) as M;
  return { ...wrapped, default: wrapped };
};
