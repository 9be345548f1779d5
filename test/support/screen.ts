/** What a terminal shows of a program: a real pseudo terminal, and an emulator that reads what comes out of it. */
import { spawn } from 'node:child_process';
import xterm from '@xterm/headless';

const ROWS = 40;

/** More than any command says: nothing is scrolled away. */
const SCROLLBACK = 10_000;

/** What the key sends. */
const CTRL_C = '\u0003';

export interface ScreenOptions {
  columns: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Ctrl-C is pressed once this is shown, for commands that do not end by themselves. */
  interruptAt?: RegExp;
}

export interface Screen {
  /** Lines as the program meant them: those that the terminal has wrapped are one. */
  lines: string[];
  /** All that was written, with its escapes. */
  raw: string;
  code: number | null;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** What stands in a terminal of so many columns to which this was written. */
export const shown = (raw: string, columns: number): Promise<string[]> =>
  new Promise((resolve) => {
    const terminal = new xterm.Terminal({
      cols: columns,
      rows: ROWS,
      scrollback: SCROLLBACK,
      allowProposedApi: true,
    });
    terminal.write(raw, () => {
      const { active } = terminal.buffer;
      const lines: string[] = [];
      for (let row = 0; row < active.length; row += 1) {
        const line = active.getLine(row);
        const next = active.getLine(row + 1);
        const text = line?.translateToString(next?.isWrapped !== true) ?? '';
        lines.push(line?.isWrapped === true ? `${lines.pop() ?? ''}${text}` : text);
      }
      terminal.dispose();
      while (lines.at(-1) === '') lines.pop();
      resolve(lines);
    });
  });

/** Runs a command in a terminal of so many columns to its end: what stands there then. */
export const onScreen = async (
  command: readonly string[],
  { columns, cwd, env, interruptAt }: ScreenOptions,
): Promise<Screen> => {
  const line = `stty cols ${columns} rows ${ROWS}; exec ${command.map(quoted).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd,
    env,
    stdio: [interruptAt === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  let pressed = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (pressed || interruptAt?.test(Buffer.concat(chunks).toString()) !== true) return;
    pressed = true;
    child.stdin?.write(CTRL_C);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const raw = Buffer.concat(chunks).toString();
  child.stdin?.end();
  return { lines: await shown(raw, columns), raw, code };
};
