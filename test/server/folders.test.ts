import { describe, expect, it } from 'vitest';
import { cacheFolder, stateFolder } from '../../src/server/folders.js';

describe('folders', () => {
  it('the variable of the program goes before all', () => {
    const env = {
      FRACTAL_TEMPORAL_CACHE: '/c',
      FRACTAL_TEMPORAL_HOME: '/s',
      XDG_CACHE_HOME: '/x',
      HOME: '/h',
    };
    expect(cacheFolder(env)).toBe('/c');
    expect(stateFolder(env)).toBe('/s');
  });

  it("then the user's XDG folders, a relative one being no folder", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/fractal-temporal');
    expect(stateFolder({ XDG_STATE_HOME: 'x', HOME: '/h' })).toBe('/h/.local/state/fractal-temporal');
  });

  it('then the home, an empty variable being none', () => {
    expect(cacheFolder({ FRACTAL_TEMPORAL_CACHE: '', HOME: '/h' })).toBe('/h/.cache/fractal-temporal');
  });
});
