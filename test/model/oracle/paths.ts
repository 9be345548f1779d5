/** Collects where a request is wrong, as JSON Pointers (RFC 6901). */
import { entriesOf, isObject, strip, type Dict } from './values.js';

export type Path = (string | number)[];

export class Paths {
  readonly #found = new Set<string>();

  /** Says that what is at `path` is wrong. */
  add(path: Path): null {
    this.#found.add(path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join(''));
    return null;
  }

  get any(): boolean {
    return this.#found.size > 0;
  }

  sorted(): string[] {
    return [...this.#found].sort();
  }

  /** An object by stripped names; `read` gives undefined for a wrong value. */
  dict<T>(value: unknown, path: Path, read: (item: unknown) => T | undefined): Dict<T> | null {
    if (!isObject(value)) return this.add(path);
    const result: Dict<T> = new Map();
    const names: string[] = [];
    for (const [key, item] of entriesOf(value)) {
      const name = strip(key);
      const good = read(item);
      if (name === '' || names.includes(name) || good === undefined) this.add([...path, key]);
      else result.set(name, good);
      names.push(name);
    }
    return result;
  }
}

export const booleans = (value: unknown, path: Path, paths: Paths): Dict<boolean> | null =>
  paths.dict(value, path, (item) => (typeof item === 'boolean' ? item : undefined));
