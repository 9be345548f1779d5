import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseJson } from '../../src/wire/parse-json.js';
import { request } from '../../src/validation/schemas/request.js';
import { validateRequest } from '../../src/validation/validate-request.js';

const page = readFileSync(new URL('../../docs/request.md', import.meta.url), 'utf8');

it('shows an example that is valid', () => {
  const example = /```json\n([^]*?)```/.exec(page)?.[1] ?? '';
  expect(validateRequest(parseJson(example)).errors).toEqual([]);
});

it('has every field of a request', () => {
  for (const field of Object.keys(request.shape)) expect(page).toContain(`\`${field}\``);
});
