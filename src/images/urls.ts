/** Urls of OME-Zarr images: how they are written, and what "inside" means (docs/semantics.md). */
import { hasControlCharacter, pythonStrip } from './python-text.js';

/** The text is no url of an image; `message` says what was expected. */
export class InvalidUrl extends Error {
  override readonly name = 'InvalidUrl';
}

const S3_SCHEME = 's3://';

// Nearly every path: no empty part, none that begins with a dot, no slash at the end.
const plainPath = /^(?:\/[^/.][^/]*)+$/;

/**
 * An absolute POSIX path as Python's `os.path.normpath` writes it: `.` and `..` resolved by text, repeated and trailing
 * slashes gone; exactly two leading slashes stay two (POSIX leaves their meaning to the system), three or more become one.
 */
export const normalizePath = (path: string): string => {
  if (plainPath.test(path)) return path;
  const root = path.startsWith('//') && !path.startsWith('///') ? '//' : '/';
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') kept.pop();
    else kept.push(part);
  }
  return root + kept.join('/');
};

const normalizeOnce = (text: string): string => {
  const url = pythonStrip(text);
  if (hasControlCharacter(url)) throw new InvalidUrl('a url without control characters');
  if (url.startsWith('/')) return normalizePath(url);
  const key = url.slice(S3_SCHEME.length).replace(/\/+$/, '');
  if (url.startsWith(S3_SCHEME) && key !== '') return S3_SCHEME + key;
  throw new InvalidUrl('an absolute path ("/...") or "s3://bucket/..."');
};

/**
 * The one way in which a url is written: stripped as Python strips; an absolute path normalised; `s3://...` without its
 * trailing slash. Idempotent.
 *
 * @throws InvalidUrl for anything else, and for a control character within it.
 */
export const normalizeUrl = (text: string): string => {
  const url = normalizeOnce(text);
  // A slash that went away can leave white space at the end ("/a /"); without a second look, the same image would have
  // two urls, depending on how often it was read.
  return url === text ? url : normalizeUrl(url);
};

/** Whether `url` lies strictly inside `zarrDir`, by path segments; both normalised. */
export const isInside = (zarrDir: string, url: string): boolean => {
  const folder = zarrDir.endsWith('/') ? zarrDir : `${zarrDir}/`;
  return url.startsWith(folder) && url.length > folder.length;
};
