import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { CheckReport } from '../../src/report/check/check-report.js';
import type { PlanFile } from '../../src/state/plan-file.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, type TaskSpec, zarrUrl } from '../support/scripted-requests.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const images = ['plate/a', 'plate/b', 'plate/c'];

const write = async (tasks: TaskSpec[], extra = {}): Promise<string> => {
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(makeRequest({ dir: sandbox.dir, tasks, images, extra })));
  return file;
};

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;

const checked = async (file: string, ...args: string[]): Promise<CheckReport> => {
  const { code, stdout, stderr } = await sandbox.run(['check', file, '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout) as CheckReport;
  const schema = await readJson<object>(new URL('../../schemas/check.schema.json', import.meta.url).pathname);
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  expect(ajv.validate(schema, report), ajv.errorsText()).toBe(true);
  return report;
};

/** What only a run that has begun knows is drawn anew each time: its id, and the folder of its worker. */
const known = (script: string): string =>
  script
    .replaceAll(/[0-9a-f]{16}-(?=\d{3}[fc]-\d{6}-1)/g, 'RUN-')
    .replaceAll(/'?[^\s']*\/fractal-local\/batches\//g, 'HOST/');

describe('check', () => {
  it.each([
    ['a parallel task', { type: 'parallel' }, { job_attribute_filters: { name: ['plate/a', 'plate/c'] } }, 2],
    ['a compound', { type: 'compound' }, {}, 3],
    ['a single task with meta', { type: 'non_parallel', meta: { parallel_tasks_per_job: 1 } }, {}, 3],
  ] as [string, TaskSpec, object, number][])(
    'says of the first task what then runs: %s',
    async (_, task, extra, chosen) => {
      const file = await write(
        [{ ...task, name: 'First one', script: { '*': { log: 'b', exits: [0] } } }],
        extra,
      );
      const before = await readdir(sandbox.dir, { recursive: true });
      const report = await checked(file, '--max-units', '2');
      expect(await readdir(sandbox.dir, { recursive: true })).toEqual(before);
      const [first] = report.tasks;
      expect(first?.images).toHaveLength(chosen);

      const ran = await sandbox.run(['run', file, '--max-units', '2']);
      expect(ran.code, ran.stderr).toBe(0);
      const result = JSON.parse(ran.stdout) as { workflow_id: string; workflow_dir: string };
      expect(result).toMatchObject({ workflow_id: report.workflow_id, workflow_dir: report.workflow_dir });

      const inner = join(result.workflow_dir, '.runner');
      const plan = await readJson<PlanFile>(join(inner, 'plans', '000000-first.json'));
      expect(first?.stages[0]).toMatchObject({
        component: plan.component,
        units: plan.units,
        units_per_batch: plan.layout.unitsPerBatch,
        batches: plan.batches.length,
        resources: plan.layout.resources,
      });
      const [batch] = (await readdir(join(inner, 'batches'))).filter((name) =>
        name.includes('-000f-000000-1'),
      );
      const script = await readFile(join(inner, 'batches', batch ?? '', 'script.sh'), 'utf8');
      expect(known(first?.stages[0]?.script ?? '')).toBe(known(script));

      const units = await readFile(plan.batches[0]?.units.path ?? '', 'utf8');
      for (const url of first?.images ?? []) expect(units).toContain(JSON.stringify(url));
      for (const name of images)
        expect(units.includes(JSON.stringify(zarrUrl(sandbox.dir, name)))).toBe(
          first?.images?.includes(zarrUrl(sandbox.dir, name)),
        );
    },
  );

  it('calls unknown what only the run will know', async () => {
    const file = await write([
      { type: 'converter_compound', name: 'Convert', output_types: { is_3D: true } },
      { type: 'parallel', name: 'Correct' },
    ]);
    const { tasks } = await checked(file);
    expect(tasks[0]).toMatchObject({ images: [], unknown: expect.stringContaining('init') as string });
    expect(tasks[0]?.stages.map(({ component, units, batches }) => [component, units, batches])).toEqual([
      ['init', 1, 1],
      ['compute', null, null],
    ]);
    expect(tasks[1]).toMatchObject({ images: null, filters: null, type_filters: { is_3D: true } });
    expect(tasks[1]?.stages).toMatchObject([{ units: null, batches: null, lanes: null, script: null }]);
    const { stdout } = await sandbox.run(['run', file, '--dry-run']);
    expect(stdout).toContain('compute: units and batches unknown');
    expect(stdout).toContain('unknown: the tasks before it may change the list of images');
    expect(await readdir(sandbox.dir)).toEqual(['request.json']);
  });

  it('names the filter that took the last image away, and ends as the run would', async () => {
    const file = await write([{ type: 'parallel', name: 'Only', type_filters: { bright: false } }], {
      job_attribute_filters: { name: ['plate/a'], nmae: ['plate/a'] },
    });
    const { code, stdout, stderr } = await sandbox.run(['check', file]);
    expect(stdout).toContain('attribute name in ["plate/a"]: leaves 1');
    expect(stdout).toContain(
      'no image has the attribute nmae (did you mean "name"?); attributes of the images: name',
    );
    const other = await write([{ type: 'parallel' }], { job_attribute_filters: { name: ['plate/z'] } });
    expect((await sandbox.run(['check', other])).stdout).toContain(
      'attribute name in ["plate/z"] takes the last one away',
    );
    await write([{ type: 'parallel', name: 'Only', type_filters: { bright: false } }], {
      job_attribute_filters: { name: ['plate/a'], nmae: ['plate/a'] },
    });
    const ran = await sandbox.run(['run', file]);
    expect(code).toBe(4);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(stderr.trim().split('\n')[0]);
    expect(ran.stderr.replace(/\s+/g, ' ')).toContain(
      'no image has the attribute nmae (did you mean "name"?)',
    );
  });

  it.each([
    ['the schema', { surprise: 1 }],
    [
      'what only the worker looks at',
      { dataset: { zarr_dir: '/z', images: null, images_file: '/none.json' } },
    ],
  ])('an invalid request: exit code 2 and the errors of run (%s)', async (_, extra) => {
    const file = await write([{ type: 'parallel', meta: { parallel_tasks_per_job: -1 } }], extra);
    const check = await sandbox.run(['check', file]);
    const ran = await sandbox.run(['run', file]);
    expect(check).toMatchObject({ code: 2, stdout: '' });
    expect(ran.code).toBe(2);
    expect(check.stderr).toContain('The request is invalid');
    expect(ran.stderr).toContain(check.stderr.trim());
  });

  it('the script is shown where it is asked for', async () => {
    const file = await write([{ type: 'parallel' }]);
    expect((await sandbox.run(['check', file])).stdout).not.toContain('#!/bin/bash');
    expect((await sandbox.run(['check', file, '--script'])).stdout).toContain('    | #!/bin/bash');
  });
});
