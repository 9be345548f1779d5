/** The pages of the documentation, as the tests of this folder read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Files below a folder, as paths from the repository's root; what is made or installed is left out. */
export const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (['node_modules', 'dist', '.git', '__pycache__'].includes(entry.name)) return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });

export interface Page {
  /** From the repository's root, e.g. `docs/cli.md`. */
  path: string;
  text: string;
}

/** Markdown files of the root, of docs/ and of examples/. */
export const pages = (): Page[] =>
  ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesIn('docs'), ...filesIn('examples')]
    .filter((path) => path.endsWith('.md'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const FENCED = /^```[^\n]*\n([^]*?)^```$/gm;

export const withoutCode = (text: string): string => text.replace(FENCED, '');

/** Links and pictures taken away, what they show as well. */
export const withoutLinks = (text: string): string => text.replace(/\[[^\]]*\]\([^()\s]+\)/g, '');

/** Titles of the sections, as they are written. */
export const headings = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)].map((match) => match[1] ?? '');

/** The anchor that GitHub gives a section. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Targets of all links and pictures. */
export const links = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '');

/** Commands that a reader may type: lines of code blocks and what stands in back quotes, without comments. */
export const commands = (text: string): string[] => {
  const blocks = [...text.matchAll(FENCED)].flatMap((match) => (match[1] ?? '').split('\n'));
  const inline = [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...blocks, ...inline].map((line) =>
    line
      .replace(/ +#.*$/, '')
      .replace(/^(?:[A-Z_]+=\S+ +)*(?:npx )?/, '')
      .trim(),
  );
};
