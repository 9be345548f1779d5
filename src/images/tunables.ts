/** Urls named in one error message: enough to see the pattern, short enough to read in the Web UI. */
export const MAX_URLS_IN_MESSAGE = 5;
