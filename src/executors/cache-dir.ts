/** The variable by which tasks find the user's cache folder, as Fractal's runners set it. Pure. */
export const cacheDirExport = (userCacheDir: string | null): Record<string, string> =>
  userCacheDir === null ? {} : { FRACTAL_CACHE_DIR: userCacheDir.replace(/(?<=.)\/+$/, '') };
