/** The suites that are whole runs. */
export const SUITES = ['test/e2e', 'test/model'];
