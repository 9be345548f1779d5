/** Two classics of image analysis, in their plainest form. */

const HISTOGRAM_BINS = 256;

/** Otsu's threshold: the value that splits a histogram into the two most distinct classes. */
export function otsuThreshold(pixels) {
  const [low, high] = pixels.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, 0],
  );
  const binWidth = Math.max(1, (high - low + 1) / HISTOGRAM_BINS);
  const histogram = new Float64Array(HISTOGRAM_BINS);
  for (const value of pixels) histogram[Math.floor((value - low) / binWidth)] += 1;

  const total = pixels.length;
  const weighted = histogram.reduce((sum, count, bin) => sum + count * bin, 0);
  let [below, weightBelow, best, bestBin] = [0, 0, -1, 0];
  for (const [bin, count] of histogram.entries()) {
    below += count;
    weightBelow += count * bin;
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const difference = weightBelow / below - (weighted - weightBelow) / above;
    const variance = below * above * difference * difference;
    if (variance > best) [best, bestBin] = [variance, bin];
  }
  return Math.round(low + (bestBin + 1) * binWidth);
}

/**
 * Pixels above `threshold` that touch (4-neighbourhood) get the same number, from 1 on, in reading order;
 * components of fewer than `minArea` pixels become background. `{ labels: Uint32Array, count }`.
 */
export function connectedComponents(pixels, width, threshold, minArea) {
  const labels = new Uint32Array(pixels.length);
  const seen = new Uint8Array(pixels.length);
  let count = 0;
  for (let start = 0; start < pixels.length; start++) {
    if (seen[start] === 1 || pixels[start] <= threshold) continue;
    const component = [start];
    seen[start] = 1;
    // The array grows while it is walked: a flood fill without recursion.
    for (const at of component) {
      const x = at % width;
      const neighbours = [at - width, at + width, x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1];
      for (const next of neighbours) {
        if (next < 0 || next >= pixels.length || seen[next] === 1 || pixels[next] <= threshold) continue;
        seen[next] = 1;
        component.push(next);
      }
    }
    if (component.length < minArea) continue;
    count += 1;
    for (const at of component) labels[at] = count;
  }
  return { labels, count };
}
