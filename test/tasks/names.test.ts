import { describe, expect, it } from 'vitest';
import { stem, taskFolder, taskSlug } from '../../src/tasks/names.js';

describe('taskSlug', () => {
  it.each([
    ['Project Image (HCS Plate)', 'project_image__hcs_plate_'],
    ['Cellpose-SAM 2.0', 'cellpose_sam_2_0'],
    ['a\tb', 'a_b'],
    ['../etc/passwd', '___etc_passwd'],
    ['Färbung', 'färbung'],
  ])('%j -> %s', (name, expected) => {
    expect(taskSlug(name)).toBe(expected);
  });

  it('replaces every ASCII character that is neither letter nor digit, and only those', () => {
    for (let code = 32; code < 127; code += 1) {
      const character = String.fromCharCode(code);
      expect(taskSlug(character)).toBe(/[a-z0-9]/i.test(character) ? character.toLowerCase() : '_');
    }
  });
});

describe('file names', () => {
  it('names folders by order and slug', () => {
    expect(taskFolder(0, 'Project Image')).toBe('0_project_image');
  });

  it('names units by batch and index, the single and init part without', () => {
    expect(stem('parallel', 0, 0)).toBe('par-000000-0000000');
    expect(stem('compute', 12, 99_999)).toBe('par-000012-0099999');
    expect(`${stem('init', 0, 0)}-args.json`).toBe('non_par--args.json');
    expect(stem('non_parallel', 3, 4)).toBe('non_par-');
  });
});
