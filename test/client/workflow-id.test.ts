import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  defaultWorkflowId,
  isDefaultIdOf,
  workflowIdOf,
  workflowSlug,
} from '../../src/client/workflow-id.js';
import type { ProcessWorkflowInput } from '../../src/client/request.js';
import { identityPath, runnerDir } from '../../src/state/paths.js';
import { hasControlCharacter } from '../../src/images/python-text.js';

const digits = (dir: string): string => createHash('sha256').update(dir).digest('hex').slice(0, 16);

const request = (dir: string, name: unknown = 'My workflow', extra: object = {}): ProcessWorkflowInput =>
  ({
    workflow: { name, task_list: [] },
    dataset: { zarr_dir: '/z', images: [] },
    workflow_dir_local: dir,
    ...extra,
  }) as ProcessWorkflowInput;

describe('workflowSlug', () => {
  it.each([
    ['Cardiac test', 'cardiac-test'],
    ['Project Image (HCS Plate)', 'project-image-hcs-plate'],
    ['a__b..c', 'a-b-c'],
    ['Zürich 3D', 'zürich-3d'],
    ['line\nbreak\u0001\u0085', 'line-break'],
    ['', 'run'],
    [' !? ', 'run'],
    ['x'.repeat(50), 'x'.repeat(40)],
    // The cut leaves no dash at the end, and no half of a character.
    [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
    ['😀'.repeat(41), '😀'.repeat(40)],
  ])('%j -> %s', (name, slug) => {
    expect(workflowSlug(name)).toBe(slug);
  });

  it('is an id that every worker takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const slug = workflowSlug(name);
        return slug !== '' && !hasControlCharacter(slug) && !slug.includes('/');
      }),
    );
  });
});

describe('defaultWorkflowId', () => {
  it('names the workflow and the directory that worker and nodes see', () => {
    const remote = request('/local', 'My workflow', { workflow_dir_remote: '/remote' });
    expect(defaultWorkflowId(remote)).toBe(`my-workflow-${digits('/remote')}`);
    expect(defaultWorkflowId(request('/local'))).toBe(`my-workflow-${digits('/local')}`);
  });

  it.each([undefined, null, 3])('a workflow whose name is %j has an id all the same', (name) => {
    expect(defaultWorkflowId({ ...request('/local'), workflow: name } as never)).toBe(
      `run-${digits('/local')}`,
    );
  });

  it('names no workflow to a server that must not know it', () => {
    expect(defaultWorkflowId(request('/local'), true)).toBe(`run-${digits('/local')}`);
  });
});

describe('workflowIdOf', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-id-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const holds = async (workflowId: string): Promise<void> => {
    await mkdir(runnerDir(dir));
    await writeFile(identityPath(dir), JSON.stringify({ workflow_id: workflowId }));
  };

  it('is the default for a directory of nobody, or of a run with an id of its own', async () => {
    expect(await workflowIdOf(request(dir))).toBe(`my-workflow-${digits(dir)}`);
    await holds('mine');
    expect(await workflowIdOf(request(dir))).toBe(`my-workflow-${digits(dir)}`);
  });

  it.each(['fractal', 'another-name', 'run'])('a run that is there as %s-... keeps its id', async (name) => {
    await holds(`${name}-${digits(dir)}`);
    expect(await workflowIdOf(request(dir))).toBe(`${name}-${digits(dir)}`);
    expect(isDefaultIdOf(`${name}-${digits(dir)}`, dir)).toBe(true);
    expect(isDefaultIdOf(`${name}-${digits('/other')}`, dir)).toBe(false);
  });
});
