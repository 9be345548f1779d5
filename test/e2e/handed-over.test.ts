/** Whole runs on what a Fractal server hands out, and what they say of it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { TaskExecutionError } from '../../src/client/index.js';
import { formatEvent } from '../../src/report/format-event.js';
import { formatSummary } from '../../src/report/summary.js';
import type { EventLine } from '../../src/wire/events.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

const requestIn = (dir: string, dataset: Record<string, unknown>, log = 'hello') => {
  const request = makeRequest({ dir, tasks: [{ type: 'parallel', script: { '*': { log } } }] });
  const { images: _, ...bare } = request.dataset;
  return { ...request, dataset: { ...bare, ...dataset } };
};

const failureOf = async (request: Record<string, unknown>): Promise<string> => {
  const handle = await harness.start(request);
  return handle.result().then(
    () => 'done',
    (error: unknown) => String(error),
  );
};

it('a page of the image query with all images runs, warnings of its units are counted', async () => {
  const dir = await harness.folder();
  const items = ['a', 'b'].map((name, at) => ({
    zarr_url: zarrUrl(dir, name),
    ...{ types: { is_3D: at === 0 }, attributes: {}, has_warnings: false },
  }));
  const file = join(dir, 'page.json');
  await writeFile(file, JSON.stringify({ total_count: 2, page_size: 2, current_page: 1, items }));
  const handle = await harness.start(requestIn(dir, { images_file: file }, 'UserWarning: no channel'));
  const result = await handle.result();
  expect(result.task_runs[0]?.units_with_warnings).toBe(2);
  expect(result.task_runs[0]?.units.map(({ warnings }) => warnings)).toEqual([1, 1]);
  expect(await readFile(join(dir, 'run', 'workflow.log'), 'utf8')).toContain(
    'works on 1 images of type is_3D and on 1 that are not',
  );
});

it('the result of a run, and a dataset as a server exports it, give their images to another run', async () => {
  const dir = await harness.folder();
  const images = ['a', 'b'].map((name) => ({
    ...{ zarr_url: zarrUrl(dir, name), origin: null },
    ...{ attributes: { well: name }, types: { is_3D: true } },
  }));
  const exported = { name: 'Plate', zarr_dir: join(dir, 'zarr'), images };
  const first = await (await harness.start(requestIn(dir, exported))).result();
  expect(first.images).toEqual(images);

  const exportFile = join(dir, 'export.json');
  await writeFile(exportFile, JSON.stringify(exported));
  for (const images_file of [join(dir, 'run', 'result.json'), exportFile]) {
    const next = await harness.folder();
    const request = { ...requestIn(dir, { images_file }), workflow_dir_local: join(next, 'run') };
    const result = await (await harness.start(request)).result();
    expect(result.images).toEqual(images);
    expect(result.task_runs[0]?.num_tasks).toBe(2);
  }
});

it('a page with some of the images is refused, with the page that would do', async () => {
  const dir = await harness.folder();
  const images = { items: [{ zarr_url: zarrUrl(dir, 'a') }], total_count: 7, current_page: 2 };
  expect(await failureOf(requestIn(dir, { images }))).toContain('page_size=7');
  const file = join(dir, 'page.json');
  await writeFile(file, JSON.stringify(images));
  expect(await failureOf(requestIn(dir, { images_file: file }))).toContain('1 of 7, page 2');
});

it('what is no file of images is said to be what it is, and what to do', async () => {
  const dir = await harness.folder();
  const image = { zarr_url: zarrUrl(dir, 'a') };
  const lists = "a list of images, a page of an image query, a dataset's export or the result.json of a run";
  const files: [string, string | Buffer, string][] = [
    ['list.json', '\uFEFF' + JSON.stringify([image]), ''],
    [
      'lines.jsonl',
      `${JSON.stringify(image)}\n${JSON.stringify(image)}\n`,
      'a JSON object a line (`jq -s . FILE`',
    ],
    ['packed.json.gz', gzipSync('[]'), 'no text in UTF-8 (compressed?)'],
    [
      'request.json',
      JSON.stringify(requestIn(dir, {})),
      `expected ${lists}, got ${dir}/request.json: a request`,
    ],
    ['error.json', '{"detail":"Unauthorized"}', 'an error of a Fractal server: "Unauthorized"'],
    ['dataset.json', '{"id":7,"project_id":3,"zarr_dir":"/z"}', 'GET /api/v2/project/3/dataset/7/export/'],
    ['workflow.json', '{"name":"w","task_list":[]}', 'workflow.json: a workflow'],
    ['failed.json', '{"status":"failed","task_runs":[]}', 'failed.json: the result of a run'],
    ['page.json', '{"total_count":2,"images":null}', 'page.json: a page of an image query'],
    ['image.json', '{"zarr_url":"/z/a"}', 'image.json: one image'],
    ['text.json', '"/z/a"', `got ${dir}/text.json: "/z/a"`],
    ['other.json', '{"a":1}', `expected ${lists}, got ${dir}/other.json: an object`],
  ];
  for (const [name, content] of files) await writeFile(join(dir, name), content);
  for (const [name, , words] of files.slice(1))
    expect(await failureOf(requestIn(dir, { images_file: join(dir, name) })), name).toContain(words);
  expect(await failureOf(requestIn(dir, { images_file: join(dir, 'lst.json') }))).toContain(
    `got ${dir}/lst.json, which is not there (did you mean ${dir}/list.json?)`,
  );
  expect(await failureOf(requestIn(dir, { images_file: dir }))).toContain(`got ${dir}, which is a folder`);
  const none = { ...requestIn(dir, { images: [] }), workflow_dir_local: join(dir, 'none') };
  expect(await failureOf(none)).toContain('empty image list, the dataset has no images');
  const filtered = {
    ...none,
    workflow_dir_local: join(dir, 'filtered'),
    job_attribute_filters: { well: ['A1'] },
  };
  expect(await failureOf(filtered)).toContain('empty image list, the dataset has no images');
  const marked = await harness.start(requestIn(dir, { images_file: join(dir, 'list.json') }));
  expect((await marked.result()).images.map(({ zarr_url }) => zarr_url)).toEqual([image.zarr_url]);
});

it("a dataset as the server's API returns it says where its images are", async () => {
  const dir = await harness.folder();
  expect(await failureOf(requestIn(dir, { id: 7, project_id: 3 }))).toContain(
    'GET /api/v2/project/3/dataset/7/export/',
  );
});

it('tasks are told of the cache folder of their user', async () => {
  const dir = await harness.folder();
  const program = join(dir, 'program.sh');
  await writeFile(program, 'echo "$FRACTAL_CACHE_DIR"\n');
  const request = makeRequest({
    ...{ dir, tasks: [{ type: 'parallel', command: `bash ${program}` }], images: ['a'] },
    extra: { user_cache_dir: '/home/ann/cache' },
  });
  const result = await (await harness.start(request)).result();
  const log = await readFile(result.task_runs[0]?.units[0]?.log_file ?? '', 'utf8');
  expect(log).toBe('/home/ann/cache\n');
});

it('the alias of a workflow-task stands beside its name where people look, and not in the names of files', async () => {
  const dir = await harness.folder();
  const request = makeRequest({ dir, tasks: [{ type: 'parallel', name: 'Segment' }], images: ['a'] });
  const [task] = request.workflow.task_list;
  const workflow = { ...request.workflow, task_list: [{ ...task, alias: ' All\u001b\nNuclei ' }] };
  const handle = await harness.start({ ...request, workflow });
  const result = await handle.result();
  expect(result.task_runs.map(({ task_name, alias }) => [task_name, alias])).toEqual([
    ['Segment', 'All Nuclei'],
  ]);
  expect((await handle.progress()).progress?.tasks.map(({ name, alias }) => [name, alias])).toEqual([
    ['Segment', 'All Nuclei'],
  ]);
  expect(await readFile(join(dir, 'run', 'workflow.log'), 'utf8')).toContain(
    '"All Nuclei (Segment)": 1 of 1 units',
  );
  const opened = (await readFile(join(dir, 'run', 'events.jsonl'), 'utf8')).split('\n')[0] ?? '';
  expect(JSON.parse(opened)).toMatchObject({
    tasks: [{ task_name: 'Segment', alias: 'All Nuclei', folder: '0_segment' }],
  });
  expect(formatSummary(result, 'r', { width: Infinity, color: false, unicode: false })).toContain(
    '0 All Nuclei (Segment)',
  );
});

it('the alias stands in what a run says of a failed task: message, log, events, warnings', async () => {
  const dir = await harness.folder();
  const failing = { type: 'parallel' as const, name: 'Segment', script: { '*': { exit: 3 } } };
  const request = makeRequest({ dir, tasks: [failing], images: [] });
  const [task] = request.workflow.task_list;
  const workflow = { ...request.workflow, task_list: [{ ...task, alias: 'Nuclei' }] };
  const images = ['a', 'b'].map((name) => ({ zarr_url: zarrUrl(dir, name), types: { is3d: name === 'a' } }));
  const dataset = { ...request.dataset, images };
  const handle = await harness.start({ ...request, workflow, dataset });
  const error: unknown = await handle.result().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(TaskExecutionError);
  expect((error as TaskExecutionError).message).toMatch(/^Task 0 "Nuclei \(Segment\)" \(parallel unit 0, /);
  expect((error as TaskExecutionError).details.task_name).toBe('Segment');
  expect((await handle.progress()).progress?.warnings.join()).toContain(
    'task 0 "Nuclei (Segment)" works on 1',
  );
  const log = await readFile(join(dir, 'run', 'workflow.log'), 'utf8');
  expect(log).toContain('plan: task 0 "Nuclei (Segment)" (parallel): 2 units');
  expect(log).toContain('apply: task 0 "Nuclei (Segment)": 0 of 2 units done');
  expect(log).not.toContain('"Segment"');
  const events: EventLine[] = [];
  for await (const event of handle.events()) events.push(event);
  const text = events.map((event) => formatEvent(event, { width: Infinity })).join('\n');
  expect(text).toContain('task 0 "Nuclei (Segment)": begins');

  const filtered = { job_type_filters: { none: true }, workflow_dir_local: join(dir, 'second') };
  const empty = await harness.start({ ...request, workflow, dataset, ...filtered });
  await expect(empty.result()).rejects.toThrow('Task 0 "Nuclei (Segment)": empty image list');
});
