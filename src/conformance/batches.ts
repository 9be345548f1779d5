/** Batches for the conformance suite: each unit is told by its own arguments what to do. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatUnit } from '../batch/units-file.js';
import type { Backend, Batch } from '../batch/contract.js';
import { errorCode } from '../state/errors.js';
import type { JsonObject } from '../wire/request.js';

/**
 * The task: puts on record that it has begun, then does what `run` in its arguments says, with $args and $out at
 * hand and the folder of the batch in $here.
 */
const PROGRAM = `#!/bin/sh
here=\${0%/*} args=$2 out=$4
printf '%s\\n' "\${args##*/}" >>"$here/begun"
run=$(sed -n 's/.*"run":"\\([^"]*\\)".*/\\1/p' "$args")
eval "$run"
`;

/** The same in Python, for units that may be forked from a warm interpreter: it becomes the shell. */
const PYTHON_PROGRAM = `import json, os, sys
here, args, out = os.path.dirname(os.path.abspath(__file__)), sys.argv[2], sys.argv[4]
with open(here + "/begun", "a") as begun:
    begun.write(os.path.basename(args) + "\\n")
with open(args, encoding="utf-8") as file:
    run = json.load(file)["run"]
os.execve("/bin/sh", ["sh", "-c", run], {**os.environ, "here": here, "args": args, "out": out})
`;

export interface TestBatch {
  batch: Batch;
  /** Stems of the units that have begun, once for every time they did. */
  begun(): Promise<string[]>;
  /** Path of a unit's file, e.g. `file(3, 'log.txt')`. */
  file(index: number, suffix: string): string;
  stem(index: number): string;
  /** Path of a file in the folder that units know as $here. */
  here(name: string): string;
}

export interface TestBatchOptions {
  backend: Backend;
  /** Folder that worker and nodes see. */
  folder: string;
  /** Unique; also the name of the batch's folder. */
  key: string;
  /** Shell commands of each unit; no double quotes or backslashes. */
  units: string[];
  lanes?: number;
  command?: string[];
  /** Further arguments of every unit. */
  args?: JsonObject;
  /** Absolute path of a Python: the task is a script of it. */
  python?: string;
  /** Makes files usable by the user who runs the units. */
  share?: (path: string) => Promise<void>;
}

export const makeBatch = async (options: TestBatchOptions): Promise<TestBatch> => {
  const { backend, key, units, args = {} } = options;
  const here = join(options.folder, key);
  const taskDir = join(here, '0_task');
  const own = join(here, '.runner');
  await mkdir(taskDir, { recursive: true });
  await mkdir(own);
  const program = join(here, options.python === undefined ? 'program' : 'program.py');
  await writeFile(program, options.python === undefined ? PROGRAM : PYTHON_PROGRAM, { mode: 0o755 });
  const stem = (index: number): string => `par-000000-${String(index).padStart(7, '0')}`;
  const lines = units.map(
    (run, index) => `${formatUnit({ index, stem: stem(index), args: { ...args, run } })}\n`,
  );
  await writeFile(join(own, 'units'), lines.join(''));
  await options.share?.(here);
  const layout = backend.layout({
    units: units.length,
    meta: {},
    workerInit: null,
    slurmAccount: null,
    userCacheDir: null,
  });
  const batch: Batch = {
    key,
    jobName: `conformance-${key}`,
    comment: 'conformance suite, "quoted" $HOME',
    runUuid: 'conformance',
    taskDir,
    workingDir: here,
    command: options.command ?? [...(options.python === undefined ? [] : [options.python]), program],
    unitCount: units.length,
    lanes: options.lanes ?? layout.lanes,
    paths: {
      units: join(own, 'units'),
      script: join(own, 'script.sh'),
      intent: join(own, 'intent'),
      owner: join(own, 'owner'),
      tombstone: join(own, 'tombstone'),
      journalPrefix: join(own, 'journal-'),
      stdioPrefix: join(own, 'script-'),
    },
    resources: layout.resources,
    ...(layout.warm === true ? { warm: true } : {}),
    avoidNodes: [],
  };
  return {
    batch,
    begun: async () => {
      const text = await readFile(join(here, 'begun'), 'utf8').catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return '';
        throw error;
      });
      return text
        .split('\n')
        .slice(0, -1)
        .map((name) => name.replace('-args.json', ''));
    },
    file: (index, suffix) => join(taskDir, `${stem(index)}-${suffix}`),
    stem,
    here: (name) => join(here, name),
  };
};
