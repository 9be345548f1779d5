/** Images that following tasks leave out, since a unit of theirs has failed (docs/recovery.md, "After a failure"). */
import type { RunReference } from '../wire/stages.js';
import type { FileReference } from '../wire/failure.js';
import type { Image } from '../wire/request.js';
import { publishState, readState } from './files.js';
import { leftOutPath } from './paths.js';

/** @throws StateCorrupt, StorageFailed */
export const readLeftOut = async (reference: FileReference | undefined): Promise<ReadonlySet<string>> =>
  reference === undefined
    ? new Set()
    : new Set(JSON.parse((await readState(reference)).toString('utf8')) as string[]);

/** The images that a task may be given. Pure. */
export const withoutLeftOut = (images: Image[], leftOut: ReadonlySet<string>): Image[] =>
  leftOut.size === 0 ? images : images.filter(({ zarr_url: url }) => !leftOut.has(url));

/** Publishes the urls that the tasks from `position` on leave out. */
export const publishLeftOut = (
  run: Pick<RunReference, 'dir'>,
  position: number,
  urls: ReadonlySet<string>,
  generation = 0,
): Promise<FileReference> =>
  publishState(leftOutPath(run.dir, position, generation), [JSON.stringify([...urls].sort()), '\n']);
