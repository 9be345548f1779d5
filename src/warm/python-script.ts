/** Which commands a warm interpreter is for (docs/warm-start.md). Pure. */

/** `PYTHON SCRIPT.py` with two absolute paths. Whether PYTHON is an interpreter is looked at where it is to run. */
export const isPythonScript = ([python, script]: readonly string[]): boolean =>
  python?.startsWith('/') === true && script?.startsWith('/') === true && script.endsWith('.py');
