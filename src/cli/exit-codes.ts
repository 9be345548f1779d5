/** Exit codes of the program (docs/cli.md), and the errors of its own that have one. */
export const exitCode = {
  done: 0,
  unforeseen: 1,
  /** Invalid request, wrong usage, unknown run. */
  invalid: 2,
  taskExecutionError: 3,
  jobExecutionError: 4,
  cancelled: 5,
  noServer: 6,
  /** Left by Ctrl-C while the run goes on: what shells report for SIGINT. */
  detached: 130,
} as const;

/** The command line is used wrongly; the message says how it is meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The server that was given does not hold the run; another one does. */
export class OtherServer extends Error {
  override readonly name = 'OtherServer';
}

/** What went wrong, and a command that helps: said last, where people look. */
export class Advised extends Error {
  override readonly name = 'Advised';
  constructor(
    readonly reason: unknown,
    readonly advice: string,
  ) {
    super(advice);
  }
}

/** Ctrl-C: this program leaves, the run stays. */
export class Detached extends Error {
  override readonly name = 'Detached';
}
