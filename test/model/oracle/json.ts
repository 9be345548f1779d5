/** A JSON reader of the slow kind, that keeps what `JSON.parse` forgets: how a number was written. */
import type { JsonValue } from '../../../src/wire/request.js';

export class NotJson extends Error {}

const LITERALS: [string, JsonValue][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  whole(): JsonValue {
    const value = this.value();
    this.space();
    if (this.#at < this.text.length) throw new NotJson('something follows');
    return value;
  }

  private space(): void {
    while (' \t\r\n'.includes(this.text[this.#at] ?? '?')) this.#at += 1;
  }

  private take(token: string): boolean {
    this.space();
    if (!this.text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  private need(token: string): void {
    if (!this.take(token)) throw new NotJson(`no ${token}`);
  }

  private value(): JsonValue {
    if (this.take('{')) return this.object();
    if (this.take('[')) return this.list();
    this.space();
    if (this.text[this.#at] === '"') return this.string();
    for (const [token, value] of LITERALS) if (this.take(token)) return value;
    return this.number();
  }

  private object(): JsonValue {
    const members: [string, JsonValue][] = [];
    if (this.take('}')) return {};
    do {
      this.space();
      const key = this.string();
      this.need(':');
      members.push([key, this.value()]);
    } while (this.take(','));
    this.need('}');
    return Object.fromEntries(members);
  }

  private list(): JsonValue {
    const items: JsonValue[] = [];
    if (this.take(']')) return items;
    do items.push(this.value());
    while (this.take(','));
    this.need(']');
    return items;
  }

  private string(): string {
    const match = /"(?:[^"\\]|\\.)*"/suy;
    match.lastIndex = this.#at;
    const found = match.exec(this.text)?.[0];
    if (found === undefined) throw new NotJson('no string');
    this.#at += found.length;
    try {
      return JSON.parse(found) as string;
    } catch {
      throw new NotJson('a string that is not one');
    }
  }

  private number(): number {
    const match = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
    match.lastIndex = this.#at;
    const found = match.exec(this.text)?.[0];
    if (found === undefined) throw new NotJson('no value');
    this.#at += found.length;
    const isInteger = /^-?\d+$/u.test(found);
    if (isInteger && (BigInt(found) > 2n ** 53n || BigInt(found) < -(2n ** 53n)))
      throw new NotJson('an integer that would be rounded');
    if (!Number.isFinite(Number(found))) throw new NotJson('Infinity');
    return Number(found);
  }
}

/** @throws NotJson */
export const readJson = (text: string): JsonValue => new Reader(text).whole();
