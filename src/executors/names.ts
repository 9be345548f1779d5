/** The backends that this program brings along. */

export const backendNames = ['local', 'slurm'] as const;

export type BackendName = (typeof backendNames)[number];

export const isBackendName = (name: string): name is BackendName =>
  (backendNames as readonly string[]).includes(name);
