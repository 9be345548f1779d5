/** Search attributes of a run, from its request as it is or as it was validated. Pure; workflow code imports it. */
import { DEFAULT_BACKEND } from './routing.js';

/** Null where the request does not say, or must not. */
export interface SearchAttributeValues {
  FractalWorkflow: string | null;
  FractalBackend: string | null;
  FractalDataset: string | null;
  FractalJobId: number | null;
}

/** Databases of a server keep so many characters of a keyword, and some fail on more. */
const KEYWORD_CHARACTERS = 255;

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

const keyword = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? [...value].slice(0, KEYWORD_CHARACTERS).join('') : null;

const whole = (value: unknown): number | null => (Number.isSafeInteger(value) ? (value as number) : null);

/**
 * @param request validated or not: what is not as it should be is left out.
 * @param isEncrypted the server must not learn names; a search attribute cannot be encrypted.
 */
export const searchAttributesOf = (request: unknown, isEncrypted: boolean): SearchAttributeValues => {
  const dataset = at(request, 'dataset');
  const id = whole(at(dataset, 'id'));
  const named = keyword(at(dataset, 'name')) ?? (id === null ? null : String(id));
  return {
    FractalWorkflow: isEncrypted ? null : keyword(at(at(request, 'workflow'), 'name')),
    FractalBackend: keyword(at(request, 'backend')) ?? DEFAULT_BACKEND,
    FractalDataset: isEncrypted ? null : named,
    FractalJobId: whole(at(request, 'job_id')),
  };
};
