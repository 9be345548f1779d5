/**
 * Directories of runs that a release left in their middle, kept under test/kept-runs: whoever replaces the workers of
 * living runs has such on disk (docs/versioning.md). They were recorded by `npm run keep-run`.
 *
 * Paths, host, user and boot of the recorder are placeholders, and so are the digests of files that hold them.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const keptRuns = fileURLToPath(new URL('../kept-runs/', import.meta.url));

/** What the run's workflow was handed when it continued as new: its two arguments. */
export const STATE_FILE = 'workflow-arguments.json';

const SEAL = /(\{"sha256":")[^"]*("\}\n)$/;
const DIGEST = /[0-9a-f]{64}/g;
const DIGEST_OF = /@SHA256:([^@]+)@/g;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Last line of a file of evidence: the digest of all before it. */
const isSealed = (path: string): boolean => path.includes('/evidence/');

const hostFacts = async (): Promise<Record<string, string>> => ({
  '@HOST@': hostname(),
  '@USER@': userInfo().username,
  '@BOOT@': (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
});

const filesBelow = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
};

/** Scripts and their own output name folders of the recorder's host, and nobody reads them of a batch that has ended. */
const isLeftOut = (file: string): boolean => /\/script[^/]*$/.test(file);

const isJournal = (file: string): boolean => file.endsWith('.journal');

/**
 * A folder's text files with what is the recorder's own replaced.
 *
 * @param state the workflow's arguments.
 * @param gone the folder of the worker's own state, which nobody will find again.
 */
export const keepRun = async (dir: string, state: unknown, gone: string, to: string): Promise<void> => {
  const texts = new Map<string, string>();
  for (const file of await filesBelow(dir))
    if (!isLeftOut(file)) texts.set(file, await readFile(join(dir, file), 'utf8'));
  const fileOfDigest = new Map([...texts].map(([file, text]) => [sha256(text), file]));
  texts.set(STATE_FILE, `${JSON.stringify(state, null, 1)}\n`);
  const facts = await hostFacts();
  const uid = `"uid":${process.getuid?.() ?? 0}`;
  for (const [file, text] of texts) {
    let kept = isSealed(file) ? text.replace(SEAL, '$1@SEAL@$2') : text;
    kept = kept.replaceAll(dir, '@DIR@').replaceAll(gone, '@DIR@/gone').replaceAll(uid, '"uid":"@UID@"');
    // A user's or a host's name may be a part of any word: it stands alone, as a JSON string or between blanks.
    for (const [placeholder, value] of Object.entries(facts))
      kept = kept.replaceAll(`"${value}"`, `"${placeholder}"`);
    if (isJournal(file)) kept = kept.replaceAll(` ${hostname()} `, ' @HOST@ ');
    kept = kept.replaceAll(DIGEST, (digest) => {
      const known = fileOfDigest.get(digest);
      return known === undefined ? digest : `@SHA256:${known}@`;
    });
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), kept);
  }
};

/** Lays a kept run out in `dir` as its release would have left it there; returns the workflow's arguments. */
export const restoreRun = async (name: string, dir: string): Promise<unknown[]> => {
  const from = join(keptRuns, name);
  const facts = { '@DIR@': dir, ...(await hostFacts()) };
  const kept = new Map<string, string>();
  for (const file of await filesBelow(from)) kept.set(file, await readFile(join(from, file), 'utf8'));
  const restored = new Map<string, string>();
  const restore = (file: string): string => {
    const done = restored.get(file);
    if (done !== undefined) return done;
    let text = kept.get(file);
    if (text === undefined) throw new Error(`${name} refers to ${file}, which is not there`);
    for (const [placeholder, value] of Object.entries(facts)) text = text.replaceAll(placeholder, value);
    text = text.replaceAll('"@UID@"', String(process.getuid?.() ?? 0));
    text = text.replaceAll(DIGEST_OF, (_, other: string) => sha256(restore(other)));
    if (isSealed(file)) text = text.replace(SEAL, `$1${sha256(text.replace(SEAL, ''))}$2`);
    restored.set(file, text);
    return text;
  };
  for (const file of kept.keys()) {
    if (file === STATE_FILE) continue;
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), restore(file));
  }
  return JSON.parse(restore(STATE_FILE)) as unknown[];
};
