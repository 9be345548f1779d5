import { describe, expect, it } from 'vitest';
import { allowedSources } from '../../src/server/sources.js';

const allowed = (value: string) => allowedSources({ FRACTAL_TEMPORAL_SERVER_SOURCE: value });

describe('allowedSources', () => {
  it('are all, in their order, when nothing is said', () => {
    expect(allowedSources({})).toEqual(['sdk', 'wheel', 'go']);
    expect(allowed('')).toEqual(['sdk', 'wheel', 'go']);
  });

  it('the variable restricts them and leaves the order', () => {
    expect(allowed('wheel')).toEqual(['wheel']);
    expect(allowed(' go, sdk ')).toEqual(['sdk', 'go']);
  });

  it.each(['pip', 'wheel,build', 'SDK', ',', ' '])('%j is an error that names the allowed ones', (value) => {
    expect(() => allowed(value)).toThrow(/FRACTAL_TEMPORAL_SERVER_SOURCE: .*sdk, wheel, go.* got "/);
  });
});
