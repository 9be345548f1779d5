// A converter that only says which images it has made: `count` of them.
import { readFileSync, writeFileSync } from 'node:fs';

const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const { zarr_dir: zarrDir, count } = JSON.parse(readFileSync(option('--args-json'), 'utf8'));
const updates = Array.from({ length: count }, (_, index) => ({
  zarr_url: `${zarrDir}/plate.zarr/${index}`,
  attributes: { plate: 'plate.zarr', well: `A${index % 24}`, field: index },
  types: { is_3D: true },
}));
writeFileSync(option('--out-json'), JSON.stringify({ image_list_updates: updates }));
