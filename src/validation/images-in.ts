/**
 * Where the images are in what a Fractal server or this runner hands out: a list, a dataset's export, the result of a run, a
 * page of the server's image query. Pure.
 */
import { isJsonObject } from './schemas/leaf.js';

export interface ImagesIn {
  /** The list, or whatever stands in its place. */
  images: unknown;
  /** Below what was given. */
  path: string[];
  /** Why it is not all of the images: what was expected, and what is there. */
  partial: { expected: string; got: string } | null;
}

/** A page holds a part of the images as a rule: one that holds all of them is as good as a list. */
const pageProblem = (
  { total_count: total, current_page: page }: Record<string, unknown>,
  images: unknown,
): ImagesIn['partial'] => {
  if (!Array.isArray(images) || typeof total !== 'number' || images.length === total) return null;
  return {
    expected: `all images: ask for them on one page (images/query/?page_size=${total}), or take the dataset's export (.../export/)`,
    got: `${images.length} of ${total}, page ${typeof page === 'number' ? page : 1}`,
  };
};

export const imagesIn = (content: unknown): ImagesIn => {
  if (!isJsonObject(content)) return { images: content, path: [], partial: null };
  const key = 'images' in content ? 'images' : 'items' in content ? 'items' : null;
  if (key === null) return { images: content, path: [], partial: null };
  const images = content[key];
  return { images, path: [key], partial: pageProblem(content, images) };
};

/**
 * A dataset as the server's API returns it holds no images: whoever passes it on as it is would get "empty image list", and
 * not know why. What to do instead, in words; null where it is none of those.
 */
export const withoutImages = (dataset: unknown): string | null => {
  if (!isJsonObject(dataset) || 'images' in dataset || (dataset['images_file'] ?? null) !== null) return null;
  if (!('project_id' in dataset || 'project' in dataset)) return null;
  const { project_id: project, id } = dataset;
  const place = `/api/v2/project/${typeof project === 'number' ? project : 'PROJECT'}/dataset/${typeof id === 'number' ? id : 'ID'}`;
  return (
    `images: a Fractal server's API returns a dataset without them; they come by GET ${place}/export/ ` +
    `(a dataset with images, to be given in place of this one) or POST ${place}/images/query/ (a page, to be given as images_file)`
  );
};
