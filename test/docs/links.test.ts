import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import {
  anchorOf,
  commands,
  filesIn,
  headings,
  links,
  pages,
  root,
  withoutCode,
  withoutLinks,
} from './pages.js';

const isRelative = (link: string): boolean => !/^[a-z]+:/.test(link);

const sections = (path: string): string[] => headings(readFileSync(join(root, path), 'utf8'));

/** What is wrong with a link from a page, null when it leads somewhere. */
const brokenLink = (from: string, link: string): string | null => {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, target))) return `${from}: ${link}: no such file`;
  if (anchor === undefined || sections(target).map(anchorOf).includes(anchor)) return null;
  return `${from}: ${link}: no such section`;
};

const program = await createProgram({ env: {}, stdout: process.stdout, stderr: process.stderr }, null);

const named = (commands: readonly Command[], word: string | undefined): Command | undefined =>
  commands.find((command) => command.name() === word || command.aliases().includes(word ?? ''));

/** What is wrong with a command line of `fractal-temporal`, null when the program would take its names. */
const wrongCommand = (line: string): string | null => {
  const words = line.split(/\s+/).slice(1);
  let command: Command = program;
  while (command.commands.length > 0 && words[0] !== undefined && !words[0].startsWith('-')) {
    const next = named(command.commands, words.shift());
    if (next === undefined) return `${line}: no such command`;
    command = next;
  }
  const known = [...command.options.flatMap(({ short, long }) => [short, long]), '--help', '-h'];
  const unknown = words.filter((word) => /^--?[a-z]/.test(word)).find((word) => !known.includes(word));
  return unknown === undefined ? null : `${line}: no option ${unknown}`;
};

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts,
);

describe('the documentation', () => {
  it('has no link that leads nowhere', () => {
    const found = pages().flatMap(({ path, text }) => links(text).map((link) => ({ path, link })));
    expect(found.length).toBeGreaterThan(50);
    expect(
      found.filter(({ link }) => isRelative(link)).flatMap(({ path, link }) => brokenLink(path, link) ?? []),
    ).toEqual([]);
  });

  it('links to the files of the repository that it names', () => {
    const bare = pages().flatMap(({ path, text }) =>
      [
        ...withoutLinks(withoutCode(text)).matchAll(
          /`((?:src|test|bench|examples|scripts|schemas|tools|docs)\/[\w./-]+)`|(docs\/[\w-]+\.md)/g,
        ),
      ]
        .map(([, quoted, page]) => quoted ?? page ?? '')
        .filter((name) => existsSync(join(root, name)))
        .map((name) => `${path}: ${name}`),
    );
    expect(bare).toEqual([]);
  });

  it('lists every page in its index', () => {
    const index = links(readFileSync(join(root, 'docs/README.md'), 'utf8'));
    const expected = filesIn('docs').flatMap((path) => /^docs\/(?!README)(.+\.md)$/.exec(path)?.[1] ?? []);
    expect([...new Set(index)].toSorted()).toEqual(expected.toSorted());
  });

  it('names only commands and options that the program has', () => {
    // What is typed wrongly there is run by test/docs/slips.test.ts.
    const lines = pages().flatMap(({ text }) =>
      commands(text.replace(/^## Slips of the finger$[^]*?^(?=## )/m, '')),
    );
    const ours = lines.filter((line) => /^fractal-temporal [a-z-]/.test(line));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.flatMap((line) => wrongCommand(line) ?? [])).toEqual([]);
  });

  it('names only npm scripts that there are', () => {
    const lines = pages().flatMap(({ text }) => commands(text));
    const names = lines.flatMap((line) => /^npm run ([\w:-]+)/.exec(line)?.[1] ?? []);
    expect(names).toContain('demo');
    expect(names.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

describe('code', () => {
  const sources = ['src', 'test', 'scripts', 'examples', 'bench', 'schemas']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap(filesIn)
    .filter((path) => /\.(?:ts|mjs|sh|py|md)$|^schemas\//.test(path) && !path.startsWith('test/docs/'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

  it('names only pages that there are, and sections that they have', () => {
    const mentioned = sources.flatMap(({ path, text }) =>
      // A quoted section may stand on the next line of a comment.
      [...text.matchAll(/\b(docs\/[\w-]+\.md)(?:,(?:\s|\*|\/\/|#)+"([^"\n]+)")?/g)].map((match) => ({
        path,
        page: match[1] ?? '',
        section: match[2],
      })),
    );
    expect(mentioned.length).toBeGreaterThan(50);
    const wrong = mentioned.filter(
      ({ page, section }) =>
        !existsSync(join(root, page)) || (section !== undefined && !sections(page).includes(section)),
    );
    expect(wrong).toEqual([]);
  });

  it('names only source files that there are', () => {
    const mentioned = [...sources, ...pages()].flatMap(({ path, text }) =>
      [...text.matchAll(/\b((?:src|test|examples|scripts)\/[a-z/.-]+\.(?:ts|mjs|sh|py|txt|json))\b/g)].map(
        (match) => ({
          path,
          file: match[1] ?? '',
        }),
      ),
    );
    expect(mentioned.filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
  });
});
