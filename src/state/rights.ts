/**
 * Who besides their owner may read and write what a run leaves (docs/security.md, "Files of a run").
 *
 * The umask of a process does it: it holds for every writer in it and for the programs that it starts (the embedded
 * server, sbatch), it never takes away what a setgid folder hands down, and nothing is chmod-ed.
 */

export const shares = ['private', 'group'] as const;

/** `private`: nobody. `group`: the group of the folder that the run lies in. Never others. */
export type Share = (typeof shares)[number];

export const SHARE_VARIABLE = 'FRACTAL_TEMPORAL_SHARE';

const UMASKS: Readonly<Record<Share, number>> = { private: 0o077, group: 0o007 };

const isShare = (text: string): text is Share => (shares as readonly string[]).includes(text);

/**
 * What the environment says; `private` where it says nothing.
 *
 * @throws RangeError when it says anything else than a share.
 */
export const shareOf = (env: NodeJS.ProcessEnv): Share => {
  const text = env[SHARE_VARIABLE] ?? '';
  if (text === '') return 'private';
  if (isShare(text)) return text;
  throw new RangeError(
    `${SHARE_VARIABLE}: expected one of ${shares.join(', ')}, got ${JSON.stringify(text)}`,
  );
};

/** Process-wide, as the umask is; null until this process was told. */
let applied: { share: Share; before: number } | null = null;

/**
 * From now on all files of this process, and of the programs that it starts, are made with these rights.
 *
 * @param unitsUmask what units get instead of the umask that this process was started with.
 */
export const applyShare = (share: Share, unitsUmask: number | null = null): void => {
  const umask = process.umask(UMASKS[share]);
  applied = { share, before: unitsUmask ?? applied?.before ?? umask };
};

/** As the environment says, in a process that was not told otherwise. Throws as `shareOf`. */
export const applyShareOfEnvironment = (): void => {
  if (applied === null) applyShare(shareOf(process.env));
};

/** A client in a program of somebody's own: its umask is left alone, what it writes for a run is not. */
const share = (): Share => applied?.share ?? shareOf(process.env);

/** Of a file of a run that is made here. */
export const fileMode = (): number => 0o666 & ~UMASKS[share()];

/** Of a folder of a run that is made here. */
export const folderMode = (): number => 0o777 & ~UMASKS[share()];

/** Of a file that somebody has named on the command line: that one is the user's own, as their umask says. */
export const ownFileMode = (): number => 0o666 & ~(applied?.before ?? UMASKS.private);

const octal = (umask: number): string => umask.toString(8).padStart(4, '0');

/**
 * For a batch script: the umask of its own files, and the one that this process was started with, which units get;
 * null where the script is started with that one anyway.
 */
export const scriptUmasks = (): { files: string; units: string | null } => ({
  files: octal(UMASKS[share()]),
  units: applied === null ? null : octal(applied.before),
});
