/** Time and text of measurements. */

export const median = (values: number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
};

export const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** Wall time in seconds. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

export const seconds = (value: number): string => `${value.toFixed(2)} s`;

export const milliseconds = (value: number): string => `${(value * 1000).toFixed(0)} ms`;

export const times = (value: number): string => `${value.toFixed(2)} x`;
