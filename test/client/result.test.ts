import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResultUnreadableError } from '../../src/client/errors.js';
import { readResult } from '../../src/client/result.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-result-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const text = '{"status": "done", "images": []}\n';

const reference = (content: string) => ({
  path: join(dir, 'result.json'),
  sha256: createHash('sha256').update(content).digest('hex'),
  images: 3,
  units: 4,
});

describe('readResult', () => {
  it('reads what the run wrote', async () => {
    await writeFile(join(dir, 'result.json'), text);
    expect(await readResult(reference(text))).toEqual({ status: 'done', images: [] });
  });

  it('a file that was changed since is refused', async () => {
    await writeFile(join(dir, 'result.json'), text.replace('done', 'failed'));
    await expect(readResult(reference(text))).rejects.toThrow(/was changed/);
  });

  it('a path that is not to be seen here gives the reference and says so', async () => {
    const error = await readResult(reference(text)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ResultUnreadableError);
    expect((error as ResultUnreadableError).reference).toEqual(reference(text));
    expect((error as Error).message).toMatch(/3 images, 4 units.*result\.json.*cannot be read here: ENOENT/);
  });
});
