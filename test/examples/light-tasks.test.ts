import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { split } from 'shlex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskPackage } from '../../examples/demo/manifest.js';
import { writeRawPlate } from '../../examples/demo/raw-plate.js';
import { LIGHT_TASKS_DIR, lightRequest } from '../../examples/demo/request.js';
import * as plate from '../../examples/demo/synthetic-plate.js';
import { readJson, readZarrArray } from './read-zarr.js';
import { runByHand, type HandRun } from './run-by-hand.js';

const WELL_SHAPE = [plate.FIELD_SIDE_PX, plate.FIELD_SIDE_PX * plate.FIELDS_PER_WELL];
const CELLS_PER_WELL = plate.CELLS_PER_FIELD * plate.FIELDS_PER_WELL;

let dir: string;
let zarrDir: string;
let run: HandRun;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Background in the corner of the first field over that between its cells near the centre. */
const cornerToCentre = (values: number[], width: number, offset: number) => {
  const patch = (y0: number, x0: number) =>
    median(
      Array.from({ length: 100 }, (_, i) => values[(y0 + Math.floor(i / 10)) * width + x0 + (i % 10)] ?? NaN),
    ) - offset;
  return patch(0, 0) / patch(123, 123);
};

/** Index of the first pixel that differs: a whole diff of two images would take minutes to print. */
const firstDifference = (a: number[], b: number[]) => {
  if (a.length !== b.length) return `${a.length} pixels and ${b.length}`;
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? null : at;
};

const column = (csv: string, name: string) => {
  const [header = '', ...lines] = csv.trim().split('\n');
  const at = header.split(',').indexOf(name);
  return lines.map((line) => Number(line.split(',')[at]));
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'light tasks-'));
  zarrDir = join(dir, 'zarr');
  const rawDir = join(dir, 'raw');
  const { flatfield } = await writeRawPlate(rawDir);
  run = await runByHand(await lightRequest({ zarrDir, workflowDir: join(dir, 'run'), rawDir, flatfield }));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the light workflow, unit by unit', () => {
  it('runs 12 units and lists raw, corrected and projected images', () => {
    expect(run.units).toHaveLength(12);
    const types = (is3D: boolean, corrected: boolean) =>
      corrected ? { is_3D: is3D, illumination_corrected: true } : { is_3D: is3D };
    expect(run.images.map(({ zarr_url, attributes, types }) => [zarr_url, attributes.plate, types])).toEqual([
      [join(zarrDir, 'plate.zarr/A/01/0'), 'plate.zarr', types(true, false)],
      [join(zarrDir, 'plate.zarr/B/02/0'), 'plate.zarr', types(true, false)],
      [join(zarrDir, 'plate.zarr/A/01/0corrected'), 'plate.zarr', types(true, true)],
      [join(zarrDir, 'plate.zarr/B/02/0corrected'), 'plate.zarr', types(true, true)],
      [join(zarrDir, 'plate_mip.zarr/A/01/0corrected'), 'plate_mip.zarr', types(false, true)],
      [join(zarrDir, 'plate_mip.zarr/B/02/0corrected'), 'plate_mip.zarr', types(false, true)],
    ]);
    expect(run.images.map(({ attributes }) => attributes.well)).toEqual([
      'A01',
      'B02',
      'A01',
      'B02',
      'A01',
      'B02',
    ]);
  });

  it.each(['plate.zarr', 'plate_mip.zarr'])('describes %s, its wells and their images', async (name) => {
    expect(await readJson(zarrDir, name, '.zgroup')).toEqual({ zarr_format: 2 });
    const { plate: attributes } = await readJson<{ plate: Record<string, unknown> }>(
      zarrDir,
      name,
      '.zattrs',
    );
    expect(attributes).toMatchObject({
      version: '0.4',
      rows: [{ name: 'A' }, { name: 'B' }],
      columns: [{ name: '01' }, { name: '02' }],
      wells: [
        { path: 'A/01', rowIndex: 0, columnIndex: 0 },
        { path: 'B/02', rowIndex: 1, columnIndex: 1 },
      ],
    });
    for (const well of ['A/01', 'B/02']) {
      const { well: content } = await readJson<{ well: { images: { path: string }[] } }>(
        zarrDir,
        name,
        well,
        '.zattrs',
      );
      const listed = run.images
        .map(({ zarr_url }) => zarr_url)
        .filter((url) => url.startsWith(join(zarrDir, name, well)));
      expect(content.images.map(({ path }) => path)).toEqual(listed.map((url) => basename(url)));
      for (const { path } of content.images) expect(path).toMatch(/^[A-Za-z0-9]+$/);
    }
  });

  it('writes pyramids whose levels are there, half as large each, with the scale that says so', async () => {
    for (const { zarr_url } of run.images) {
      const { multiscales, omero } = await readJson<{
        multiscales: {
          axes: { name: string }[];
          datasets: { path: string; coordinateTransformations: { scale: number[] }[] }[];
        }[];
        omero: { channels: { label: string }[] };
      }>(zarr_url, '.zattrs');
      const [{ axes, datasets } = { axes: [], datasets: [] }] = multiscales;
      expect(omero.channels.map(({ label }) => label)).toEqual([plate.CHANNEL]);
      expect(datasets).toHaveLength(3);
      for (const [level, { path, coordinateTransformations }] of datasets.entries()) {
        const { meta } = await readZarrArray(join(zarr_url, path));
        expect(meta.shape).toHaveLength(axes.length);
        expect(meta.shape.slice(-2)).toEqual(WELL_SHAPE.map((length) => length / 2 ** level));
        const scale = coordinateTransformations[0]?.scale ?? [];
        expect(scale.slice(-2)).toEqual([plate.PIXEL_SIZE_UM * 2 ** level, plate.PIXEL_SIZE_UM * 2 ** level]);
      }
    }
  });

  it('keeps every raw pixel in its place', async () => {
    const { meta, values } = await readZarrArray(join(zarrDir, 'plate.zarr/B/02/0/0'));
    expect(meta).toMatchObject({ zarr_format: 2, dtype: '<u2', compressor: { id: 'zlib' }, order: 'C' });
    const [height = 0, width = 0] = WELL_SHAPE;
    const expected = new Array<number>(values.length).fill(-1);
    for (const tile of plate.tiles()) {
      if (tile.well !== 'B02') continue;
      tile.pixels.forEach((value, i) => {
        const [y, x] = [Math.floor(i / plate.FIELD_SIDE_PX), i % plate.FIELD_SIDE_PX];
        expected[(tile.z * height + y) * width + tile.field * plate.FIELD_SIDE_PX + x] = value;
      });
    }
    expect(firstDifference(values, expected)).toBe(null);
  });

  it('evens out the illumination, and projects the brightest plane', async () => {
    const well = join(zarrDir, 'plate.zarr/A/01');
    const [raw, corrected, projected] = await Promise.all(
      [join(well, '0/0'), join(well, '0corrected/0'), join(zarrDir, 'plate_mip.zarr/A/01/0corrected/0')].map(
        async (path) => (await readZarrArray(path)).values,
      ),
    );
    const [height = 0, width = 0] = WELL_SHAPE;
    expect(cornerToCentre(raw ?? [], width, plate.CAMERA_OFFSET)).toBeLessThan(0.7);
    expect(cornerToCentre(corrected ?? [], width, 0)).toBeGreaterThan(0.9);
    expect(cornerToCentre(corrected ?? [], width, 0)).toBeLessThan(1.1);
    const brightest = Array.from({ length: height * width }, (_, i) =>
      Math.max(
        ...Array.from({ length: plate.PLANES }, (_unused, z) => corrected?.[z * height * width + i] ?? NaN),
      ),
    );
    expect(firstDifference(projected ?? [], brightest)).toBe(null);
  });

  it('finds every cell of the plate once and measures it', async () => {
    for (const well of ['A/01', 'B/02']) {
      const image = join(zarrDir, 'plate_mip.zarr', well, '0corrected');
      expect(await readJson(image, 'labels/.zattrs')).toEqual({ labels: ['cells'] });
      const { meta, values } = await readZarrArray(join(image, 'labels/cells/0'));
      expect(meta.dtype).toBe('<u4');
      expect(new Set(values)).toEqual(new Set(Array.from({ length: CELLS_PER_WELL + 1 }, (_, i) => i)));

      expect(await readJson(image, 'tables/.zattrs')).toEqual({ tables: ['measurements'] });
      const csv = await readFile(join(image, 'tables/measurements/table.csv'), 'utf8');
      const pixels = (label: number) => values.filter((value) => value === label).length;
      expect(column(csv, 'label')).toEqual(Array.from({ length: CELLS_PER_WELL }, (_, i) => i + 1));
      expect(column(csv, 'area_um2')[0]).toBeCloseTo(pixels(1) * plate.PIXEL_SIZE_UM ** 2, 6);
      for (const mean of column(csv, 'mean_intensity')) expect(mean).toBeGreaterThan(1000);
    }
  });
});

describe('as a task should', () => {
  const unit = async (
    name: string,
    part: 'command_non_parallel' | 'command_parallel',
    args: unknown,
    out: string,
  ) => {
    const task = (await readTaskPackage(LIGHT_TASKS_DIR, process.execPath)).tasks.get(name);
    const [file = '', ...words] = split(task?.[part] ?? '');
    const argsFile = join(dir, 'args.json');
    await writeFile(argsFile, JSON.stringify(args));
    return execa(file, [...words, '--args-json', argsFile, '--out-json', out], { reject: false, all: true });
  };

  it('every executable of the manifest is there, and the type says which', async () => {
    const { tasks } = await readTaskPackage(LIGHT_TASKS_DIR, process.execPath);
    expect([...tasks.values()].map(({ type }) => type)).toEqual([
      'converter_compound',
      'parallel',
      'compound',
      'parallel',
      'parallel',
    ]);
    for (const { type, command_non_parallel, command_parallel } of tasks.values()) {
      expect(command_non_parallel === null).toBe(type === 'parallel');
      for (const command of [command_non_parallel, command_parallel]) {
        if (command !== null) expect((await stat(split(command)[1] ?? '')).isFile()).toBe(true);
      }
    }
  });

  it('says which argument is missing, exits with 1 and writes no output', async () => {
    const out = join(dir, 'missing-out.json');
    const { exitCode, all } = await unit('Measure Cells', 'command_parallel', {}, out);
    expect(exitCode).toBe(1);
    expect(all).toContain('FAILED measure: argument "zarr_url" is missing');
    await expect(access(out)).rejects.toThrow('ENOENT');
  });

  it('refuses an output file that is there already', async () => {
    const out = join(dir, 'stale-out.json');
    await writeFile(out, 'stale');
    const { exitCode, all } = await unit('Measure Cells', 'command_parallel', {}, out);
    expect(exitCode).toBe(1);
    expect(all).toContain('exists already');
  });

  it('does not write over the plate of another run', async () => {
    const args = { zarr_dir: zarrDir, raw_dir: join(dir, 'raw') };
    const { exitCode, all } = await unit(
      'Convert Plate',
      'command_non_parallel',
      args,
      join(dir, 'again.json'),
    );
    expect(exitCode).toBe(1);
    expect(all).toContain('plate.zarr exists already');
  });
});
