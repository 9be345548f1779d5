import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { emptyFailureDetails, type FailureDetails } from '../../../src/wire/failure.js';
import type { JsonObject, Image } from '../../../src/wire/request.js';
import type { RunResult } from '../../../src/wire/result.js';
import { publishedSchemas } from '../../../src/validation/schemas/published.js';
import type { result } from '../../../src/validation/schemas/result.js';
import { validateRequest } from '../../../src/validation/validate-request.js';
import { rawRequest, rawTaskOfType, rawWorkflow, rawWorkflowTask } from '../../support/raw-requests.js';

const committed = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../../schemas/${name}`, import.meta.url), 'utf8')) as JsonObject;

const ajv = new Ajv2020({ allErrors: true, strict: true });
// The plugin is CommonJS: its default export is one level further down for TypeScript, not at run time.
(formatsPlugin as unknown as (instance: Ajv2020) => void)(ajv);
const isRequest = ajv.compile(committed('request.schema.json'));
const isResult = ajv.compile(committed('result.schema.json'));

describe('the published schemas', () => {
  it.each(Object.entries(publishedSchemas()))('%s is the one that the code has', (name, schema) => {
    expect(committed(name), 'run: npx tsx scripts/schemas.ts').toEqual(JSON.parse(JSON.stringify(schema)));
    expect(schema['$id']).toBe(`urn:fractal-temporal:${name}`);
    expect(typeof ajv.getSchema(String(schema['$id'])) === 'function' || ajv.compile(schema)).toBeTruthy();
  });
});

const image = {
  zarr_url: '/data/zarr/a',
  origin: null,
  attributes: { well: 'A01', n: 1.5, b: true },
  types: { '3D': true },
};

describe('request.schema.json', () => {
  it.each([
    ['the smallest request', rawRequest()],
    ['images', rawRequest({ dataset: { zarr_dir: 's3://b/z', images: [image, { zarr_url: '/q' }] } })],
    [
      'images in a file',
      rawRequest({ dataset: { zarr_dir: '/z', images: null, images_file: '/i.json', project: {} } }),
    ],
    [
      'a compound',
      rawRequest({ workflow: rawWorkflow([rawWorkflowTask(3, {}, rawTaskOfType('compound'))]) }),
    ],
    ['nulls', rawRequest({ first_task_index: null, job_type_filters: null, recovery: null, backend: null })],
    [
      'filters, recovery and SLURM',
      rawRequest({
        job_attribute_filters: { well: ['A01'] },
        job_type_filters: { '3D': false },
        recovery: {
          rerun_interrupted: true,
          memory: { tries: 2, factor: 1.5, max: '16G' },
          time: { tries: 1, max: null },
          infrastructure: { tries: 10 },
          exit_codes: { '75': { tries: 3 } },
          on_failure: 'wait',
          tasks: { '0': { rerun_interrupted: false, time: { max: '1-12' }, on_failure: 'continue' } },
        },
        backend: 'slurm',
        worker_init: 'module load x\n',
        slurm_account: 'lab',
      }),
    ],
  ])('takes %s, as validateRequest does', (_, value) => {
    expect(validateRequest(value).errors).toEqual([]);
    expect(isRequest(value), JSON.stringify(isRequest.errors)).toBe(true);
  });

  it.each([
    ['a list', []],
    ['no workflow', { dataset: { zarr_dir: '/z' }, workflow_dir_local: '/w' }],
    ['an unknown field', rawRequest({ x: 1 })],
    ['no tasks', rawRequest({ workflow: rawWorkflow([]) })],
    ['a relative directory', rawRequest({ workflow_dir_local: 'w' })],
    ['an unknown type', rawRequest({ workflow: rawWorkflow([rawWorkflowTask(0, { task_type: 'x' })]) })],
    ['an empty filter', rawRequest({ job_attribute_filters: { a: [] } })],
    ['a type filter in words', rawRequest({ job_type_filters: { a: 'yes' } })],
    [
      'a null attribute',
      rawRequest({ dataset: { zarr_dir: '/z', images: [{ ...image, attributes: { a: null } }] } }),
    ],
    ['an image without url', rawRequest({ dataset: { zarr_dir: '/z', images: [{}] } })],
    ['an index in words', rawRequest({ first_task_index: '1' })],
    ['an unknown field of recovery', rawRequest({ recovery: { x: 1 } })],
    ['a factor that raises nothing', rawRequest({ recovery: { memory: { factor: 1 } } })],
    ['an exit code of success', rawRequest({ recovery: { exit_codes: { '0': { tries: 1 } } } })],
    ['an exit code of a signal', rawRequest({ recovery: { exit_codes: { '137': { tries: 1 } } } })],
    ['a third thing to do', rawRequest({ recovery: { tasks: { '0': { on_failure: 'skip' } } } })],
  ])('refuses %s, as validateRequest does', (_, value) => {
    expect(validateRequest(value).errors).not.toEqual([]);
    expect(isRequest(value)).toBe(false);
  });
});

const runResult = (rest: Partial<RunResult> = {}): RunResult => ({
  status: 'done',
  error: null,
  images: [image],
  type_filters: { '3D': true },
  task_runs: [
    {
      workflow_task_order: 0,
      task_name: 'x',
      status: 'done',
      num_available_images: 1,
      num_tasks: 1,
      num_new_images: 0,
      slurm_job_ids: ['7'],
      slurm_jobs: [
        {
          job_name: 'run.task.key',
          job_id: '7',
          batch: 0,
          state: 'COMPLETED',
          elapsed_seconds: 1.5,
          max_rss_bytes: null,
          cpu_seconds: 1,
          requested: { mem: '100M' },
        },
      ],
      started: '2024-05-01T10:00:00.000Z',
      ended: null,
      units: [
        {
          index: 0,
          component: 'parallel',
          zarr_url: '/z/a',
          status: 'failed',
          cause: 'exit',
          exit_code: 1,
          signal: null,
          log_file: '/w/0_x/par-000000-0000000-log.txt',
          slurm_job_id: null,
          seconds: 0.25,
        },
      ],
    },
  ],
  workflow_id: 'fractal-1',
  run_id: 'r',
  workflow_dir: '/w',
  ...rest,
});

describe('result.schema.json', () => {
  it('says the same as the types', () => {
    type Published = z.output<typeof result>;
    expectTypeOf<Published>().toExtend<RunResult>();
    expectTypeOf<RunResult>().toExtend<Published>();
    expectTypeOf<Published['images'][number]>().toEqualTypeOf<Image>();
    expectTypeOf<NonNullable<NonNullable<Published['error']>['details']>>().toEqualTypeOf<FailureDetails>();
  });

  it('takes results', () => {
    const failed = runResult({
      status: 'failed',
      error: { type: 'TaskExecutionError', message: 'm', details: emptyFailureDetails },
    });
    for (const value of [runResult(), failed])
      expect(isResult(value), JSON.stringify(isResult.errors)).toBe(true);
  });

  it.each([
    ['another status', { status: 'running' }],
    ['no images', { images: undefined }],
    ['a task run of another kind', { task_runs: [{}] }],
  ])('refuses %s', (_, rest) => {
    expect(isResult(JSON.parse(JSON.stringify({ ...runResult(), ...rest })))).toBe(false);
  });
});
