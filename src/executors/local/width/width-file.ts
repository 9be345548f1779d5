/** The file through which a worker tells the lanes of a script how many of them may run (docs/local.md). */
import { readFile } from 'node:fs/promises';

/** The second line, by /proc/uptime, says when somebody was last there to change the first. */
export const widthText = async (width: number): Promise<string> => {
  const [seconds = '0'] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return `${width}\n${seconds}\n`;
};

/** null: no width can be read from it. */
export const parseWidth = (text: string | null): number | null => {
  const first = /^(\d{1,6})\n/.exec(text ?? '')?.[1];
  return first === undefined ? null : Number(first);
};
