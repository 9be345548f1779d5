/** Which run, task and batch a log line of an activity is about: fields of their own on each of its lines. */
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const KEYS = { position: 'task', stage: 'stage', batch: 'batch', try: 'try' } as const;

/**
 * From an activity's input, whichever it is: `run` (its uuid), `run_dir`, and where it is about one task or batch `task`
 * (its position in the range, from 0), `stage`, `batch` (from 0) and `try` (from 1). Pure.
 */
export const logFields = (input: unknown): Record<string, unknown> => {
  if (typeof input !== 'object' || input === null) return {};
  const { run, uuid, ...rest } = input as Record<string, unknown>;
  const reference = (typeof run === 'object' && run !== null ? run : { uuid }) as Record<string, unknown>;
  const named = Object.entries(KEYS).flatMap(([key, name]) => (key in rest ? [[name, rest[key]]] : []));
  return {
    run: reference['uuid'],
    ...('dir' in reference && { run_dir: reference['dir'] }),
    ...(Object.fromEntries(named) as Record<string, unknown>),
  };
};

/** Adds them to every line, the SDK's own ones about the activity included. */
export const withLogFields: ActivityInterceptorsFactory = () => {
  let fields: Record<string, unknown> = {};
  return {
    inbound: {
      execute: (input, next) => {
        fields = logFields(input.args[0]);
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...fields }),
    },
  };
};
