/** Where the program keeps things: what can be made again (cache) and what it must remember (state). */
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

const xdg = (env: Environment, variable: string, fallback: string): string => {
  const given = env[variable];
  // The XDG specification says that a relative path here is to be ignored.
  return given?.startsWith('/') === true ? given : join(env['HOME'] ?? homedir(), fallback);
};

/** `FRACTAL_TEMPORAL_CACHE`, else `fractal-temporal` in the user's cache folder: the Temporal binary, tools. */
export const cacheFolder = (env: Environment = process.env): string =>
  env['FRACTAL_TEMPORAL_CACHE'] || join(xdg(env, 'XDG_CACHE_HOME', '.cache'), 'fractal-temporal');

/** `FRACTAL_TEMPORAL_HOME`, else `fractal-temporal` in the user's state folder: database and state file of `up`. */
export const stateFolder = (env: Environment = process.env): string =>
  env['FRACTAL_TEMPORAL_HOME'] || join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'fractal-temporal');
