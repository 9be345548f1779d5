/**
 * The characters that Python's `str.strip()` takes away (docs/semantics.md). JavaScript's `trim()` differs: it also takes
 * U+FEFF and leaves U+001C to U+001F and U+0085, so a url could be the same image for a task and another one for us.
 */
const PYTHON_WHITESPACE =
  '\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const isPythonWhitespace = new RegExp(`[${PYTHON_WHITESPACE}]`);
// C0, DEL and C1: never part of a name that a person chose, and able to break a line of a script, a log or a journal.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

/** `text` as Python's `str.strip()` returns it. */
export const pythonStrip = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isPythonWhitespace.test(text.charAt(start))) start += 1;
  while (end > start && isPythonWhitespace.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
};

/** Whether `text` holds a control character (C0, DEL or C1). */
export const hasControlCharacter = (text: string): boolean => controlCharacter.test(text);
