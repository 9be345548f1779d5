/** An expression of the page: the element that is visible, and whose text begins with `words`. */
export const shown = (selector: string, words?: string): string =>
  `[...document.querySelectorAll('${selector}')].find((one) => one.offsetParent !== null` +
  `${words === undefined ? '' : ` && one.textContent.trim().startsWith('${words}')`})`;
