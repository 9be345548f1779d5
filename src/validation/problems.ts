/** Collects everything that is wrong with a value that came from outside, in words for people. */
import type { InputError } from '../wire/failure.js';
import { pointer } from '../wire/json-pointer.js';

/** Characters of a wrong value that an error shows. */
const MAX_SHOWN_CHARACTERS = 80;

/** Errors listed at most: with pointers of usual length some 200 KB, well below what a failure may carry (2 MiB). */
export const MAX_LISTED_ERRORS = 1000;

/** What came, in a few words: scalars as JSON, cut to a readable length; `undefined` is "nothing". */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_SHOWN_CHARACTERS + 1)) : String(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS - 3)}...` : text;
};

export class Problems {
  readonly #errors: InputError[] = [];
  #unlisted = 0;

  /** @param got the value that came. */
  add(path: readonly PropertyKey[], expected: string, got: unknown): void {
    this.addText(path, expected, describe(got));
  }

  /** As `add`, with `got` in words already. */
  addText(path: readonly PropertyKey[], expected: string, got: string): void {
    if (this.#errors.length >= MAX_LISTED_ERRORS) this.#unlisted += 1;
    else this.#errors.push({ path: pointer(path), expected, got });
  }

  get any(): boolean {
    return this.#errors.length > 0;
  }

  /** In the order found; of more than can be listed, a last entry says how many are left out. */
  get errors(): InputError[] {
    if (this.#unlisted === 0) return [...this.#errors];
    const rest = { path: '', expected: `at most ${MAX_LISTED_ERRORS} errors`, got: `${this.#unlisted} more` };
    return [...this.#errors, rest];
  }
}
