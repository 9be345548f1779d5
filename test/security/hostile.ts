/** Text that tries to get a shell to obey it: whatever obeys makes the canary file. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

export interface Canary {
  /** No character of its path means anything to a shell. */
  path: string;
  /** Whether anything has obeyed. */
  sings(): Promise<boolean>;
  remove(): Promise<void>;
}

export const createCanary = async (): Promise<Canary> => {
  const folder = await mkdtemp(join(tmpdir(), 'fractal-canary-'));
  const path = join(folder, 'canary');
  return {
    path,
    sings: () =>
      access(path).then(
        () => true,
        () => false,
      ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Each of them makes the canary where a shell takes it for more than a word. */
const attacks = (path: string): string[] => {
  const touch = `touch ${path}`;
  return [
    `$(${touch})`,
    `\`${touch}\``,
    `'; ${touch}; '`,
    `"; ${touch}; "`,
    `'$(${touch})'`,
    `"$(${touch})"`,
    `\n${touch}\n`,
    `\r\n${touch}\r\n`,
    `; ${touch} #`,
    ` && ${touch} && `,
    ` || ${touch} || `,
    ` | ${touch} | `,
    ` & ${touch} & `,
    `<(${touch})`,
    `>${path}`,
    `>>${path}`,
    `') ; ${touch} ; ('`,
    `\${x:-$(${touch})}`,
    `\${x@P}$'\\n'${touch}`,
    `\\'; ${touch}; \\'`,
    `%s$(${touch})%n`,
    `\nEOF\n${touch}\n`,
    `\u2028${touch}\u2028`,
    `a[$(${touch})]`,
    `{a,$(${touch})}`,
    `~$(${touch})`,
    `!$(${touch})`,
    `-c ${touch}`,
    `--wrap=${touch}`,
    `\n#SBATCH --wrap="${touch}"\n`,
    `BASH_ENV=<(${touch})`,
    `\u001b]0;$(${touch})\u0007`,
  ];
};

/** Pieces that turn the meaning of what stands beside them. */
const TURNS = [
  "'",
  '"',
  '\\',
  '`',
  '$',
  '${',
  '$(',
  ')',
  '}',
  '\n',
  '\r',
  '\t',
  ' ',
  '#',
  '-',
  '--',
  '%',
  '*',
  '?',
];

export const hostileText = (path: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...attacks(path)) },
        { weight: 2, arbitrary: fc.constantFrom(...TURNS) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((pieces) => pieces.join('').replaceAll('\0', ''));

/** What a folder may be called: no slash, at most `bytes` bytes. */
export const folderName = (text: string, bytes = 120): string => {
  let name = text.replaceAll('/', '⁄');
  while (Buffer.byteLength(name) > bytes) name = [...name].slice(0, -1).join('');
  return ['', '.', '..'].includes(name) ? `_${name}` : name;
};
