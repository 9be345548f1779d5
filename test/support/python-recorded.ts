/** What Python does where this project must do the same; recorded by test/fixtures/python/record.py. */
import { readFileSync } from 'node:fs';

export interface PythonRecorded {
  /** [path, os.path.normpath(path)] */
  normpath: [string, string][];
  /** Code points that str.strip() takes away. */
  stripped_code_points: number[];
  /** [value, what pydantic's bool makes of it; null where it refuses] */
  lax_booleans: [unknown, boolean | null][];
  /** [command, shlex.split(command); null where it refuses] */
  split: [string, string[] | null][];
  /** [left, right, left == right] */
  equality: [unknown, unknown, boolean][];
}

export const pythonRecorded = JSON.parse(
  readFileSync(new URL('../fixtures/python/recorded.json', import.meta.url), 'utf8'),
) as PythonRecorded;
