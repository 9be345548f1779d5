/** A plate that was never under a microscope: bright cells in noise, seen through an uneven illumination. */

/** Two wells are the fewest that show units of one task side by side. */
export const WELLS = ['A01', 'B02'] as const;
/** Side of a field of view in pixels; a chunk of the light example and a usual chunk elsewhere. */
export const FIELD_SIDE_PX = 256;
export const FIELDS_PER_WELL = 2;
export const PLANES = 3;
export const PIXEL_SIZE_UM = 0.65;
export const Z_SPACING_UM = 2;
/** Counts that the camera adds to every pixel, light or not. */
export const CAMERA_OFFSET = 100;
export const CHANNEL = 'DAPI';
/** Cells stand on a jittered grid, away from borders and from each other, so that their number is known. */
export const CELLS_PER_FIELD = 12;

const GRID_COLUMNS = 4;
const GRID_ROWS = 3;
const JITTER_PX = 6;
const BACKGROUND_COUNTS = 200;
const NOISE_COUNTS = 12;
const SEED = 20_240_229;
/** The corner of a field gets this share of the light of its centre. */
const CORNER_LIGHT = 0.5;

/** One tile: a plane of one field of view. */
export interface Tile {
  well: string;
  /** Index of the field in its well, from 0; fields lie side by side along x. */
  field: number;
  z: number;
  /** FIELD_SIDE_PX x FIELD_SIDE_PX, row by row. */
  pixels: Uint16Array;
}

/** A small generator of uniform numbers in [0, 1), the same on every machine (mulberry32). */
const randomNumbers = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Share of the light that reaches each pixel of a field, 1 in the centre; FIELD_SIDE_PX x FIELD_SIDE_PX. */
export const illumination = (): Float64Array =>
  Float64Array.from({ length: FIELD_SIDE_PX ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / FIELD_SIDE_PX), i % FIELD_SIDE_PX];
    const half = (FIELD_SIDE_PX - 1) / 2;
    const distance2 = ((x - half) ** 2 + (y - half) ** 2) / (2 * half ** 2);
    return 1 - (1 - CORNER_LIGHT) * distance2;
  });

/** The illumination as a 16-bit calibration image, brightest pixel near 10,000. */
export const flatfield = (): Uint16Array =>
  Uint16Array.from(illumination(), (share) => Math.round(share * 10_000));

interface Cell {
  y: number;
  x: number;
  z: number;
  radius: number;
  counts: number;
}

const cellsOfField = (random: () => number): Cell[] => {
  const [stepY, stepX] = [FIELD_SIDE_PX / GRID_ROWS, FIELD_SIDE_PX / GRID_COLUMNS];
  const jitter = () => (random() * 2 - 1) * JITTER_PX;
  return Array.from({ length: CELLS_PER_FIELD }, (_, i) => ({
    y: (Math.floor(i / GRID_COLUMNS) + 0.5) * stepY + jitter(),
    x: ((i % GRID_COLUMNS) + 0.5) * stepX + jitter(),
    z: Math.floor(random() * PLANES),
    radius: 7 + random() * 4,
    counts: 3000 + random() * 2000,
  }));
};

const renderTile = (cells: Cell[], z: number, light: Float64Array, random: () => number): Uint16Array => {
  const signal = new Float64Array(FIELD_SIDE_PX ** 2).fill(BACKGROUND_COUNTS);
  for (const cell of cells) {
    const focus = Math.exp(-((z - cell.z) ** 2));
    const reach = Math.ceil(cell.radius * 3);
    for (let y = Math.max(0, Math.floor(cell.y) - reach); y < Math.min(FIELD_SIDE_PX, cell.y + reach); y++) {
      for (
        let x = Math.max(0, Math.floor(cell.x) - reach);
        x < Math.min(FIELD_SIDE_PX, cell.x + reach);
        x++
      ) {
        const distance = Math.hypot(y - cell.y, x - cell.x);
        const at = y * FIELD_SIDE_PX + x;
        // A disc with a soft edge, as a nucleus looks.
        const inside = 1 / (1 + Math.exp(2 * (distance - cell.radius)));
        signal[at] = (signal[at] ?? 0) + cell.counts * focus * inside;
      }
    }
  }
  return Uint16Array.from(signal, (value, i) => {
    const noise = (random() + random() + random() - 1.5) * 2 * NOISE_COUNTS;
    return Math.max(0, Math.round(CAMERA_OFFSET + value * (light[i] ?? 0) + noise));
  });
};

/** All tiles of the plate, well by well, field by field, from the lowest plane up; the same every time. */
export function* tiles(): Generator<Tile> {
  const random = randomNumbers(SEED);
  const light = illumination();
  for (const well of WELLS) {
    for (let field = 0; field < FIELDS_PER_WELL; field++) {
      const cells = cellsOfField(random);
      for (let z = 0; z < PLANES; z++) yield { well, field, z, pixels: renderTile(cells, z, light, random) };
    }
  }
}
