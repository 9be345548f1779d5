/** Text of tasks, logs and requests as a terminal may be given it: no escapes, no control characters. Pure. */

/** ECMA-48: a control sequence, a string (title, link) up to its end, any other escape. */
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]P^_X]|[\u009d\u0090\u009e\u009f\u0098])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;

/** All of C0 but tab and newline, DEL, C1. */

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** `text` without escape sequences and control characters; lines and tabs stay, everything else is as it was. */
export const plainText = (text: string): string => text.replace(ESCAPES, '').replace(CONTROLS, '');

/** What a carriage return leaves of one line: its last state, as a terminal shows a progress bar. */
const foldLine = (line: string): string => {
  const end = line.replace(/\r+$/, '');
  return end.slice(end.lastIndexOf('\r') + 1);
};

/** Each line with carriage returns folded: of a progress bar its last state. CRLF becomes a newline. */
export const foldCarriageReturns = (text: string): string => text.split('\n').map(foldLine).join('\n');

/** A log as a person wants to read it: carriage returns folded, then plain. */
export const readableText = (text: string): string => plainText(foldCarriageReturns(text));

const shortened = (line: string, characters: number): string =>
  line.length <= characters ? line : `${line.slice(0, characters)}...`;

/** The last `lines` lines of a text, readable, each at most `characters` long; without empty ones at its end. */
export const lastLines = (text: string, lines: number, characters: number): string =>
  readableText(text)
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => shortened(line, characters))
    .join('\n');
