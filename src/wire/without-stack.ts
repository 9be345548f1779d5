/**
 * `error` without its stack: what the user's own task or request has wrong is told by its message, and lines of this
 * program under it in the Web UI only hide that. What is unforeseen keeps its stack.
 */
export const withoutStack = <E extends Error>(error: E): E => {
  error.stack = '';
  return error;
};
