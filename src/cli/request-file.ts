/** Reads and checks a request before any server is asked. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidRequestError, type ProcessWorkflowInput, runDirOf, workflowIdOf } from '../client/index.js';
import { isEncrypting } from '../encryption/converter.js';
import { dataConverterOf } from '../encryption/options.js';
import type { Environment } from '../server/folders.js';
import { errorCode } from '../state/errors.js';
import { nearFile } from '../activities/run/near-file.js';
import { hasControlCharacter } from '../images/python-text.js';
import { JsonError, parseJson } from '../wire/parse-json.js';
import { slipsIn } from '../validation/slips.js';
import { validateRequest } from '../validation/validate-request.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { UsageError } from './exit-codes.js';

export interface CheckedRequest {
  /** As the file has it: this is what travels, and what digests are made of. */
  input: ProcessWorkflowInput;
  /** With every default filled in. */
  request: ProcessWorkflowRequest;
  runDir: string;
  workflowId: string;
  /** Keys that are ignored and look misspelt, a line each. */
  warnings: string[];
}

export interface RequestOptions {
  workflowId?: string;
  /** Key ring, as `addServerOptions` has it. */
  keys?: string;
}

const whyUnreadable = async (path: string, error: unknown): Promise<string> => {
  const code = errorCode(error);
  if (code === 'ENOENT') {
    const near = await nearFile(path);
    return `There is no file ${path}.${near === null ? '' : ` Did you mean ${near}?`}`;
  }
  if (code === 'EISDIR') return `${path} is a folder; expected the JSON file of a request.`;
  if (code === 'EACCES') return `The request ${path} cannot be read: this user has no right to.`;
  return `The request ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
};

const readText = async (path: string): Promise<string> => {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(await whyUnreadable(path, error));
  }
};

const parse = (content: string): unknown => {
  try {
    return parseJson(content);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const problem = {
      path: error.pointer ?? '',
      expected: 'JSON',
      got: error.message.replace(/^Not JSON /, 'text that is none '),
    };
    throw new InvalidRequestError([problem], '', { cause: error });
  }
};

/** What a program has made of a request, or a file holds. Throws as `readRequest`. */
export const checkRequest = async (
  value: unknown,
  { workflowId, keys }: RequestOptions,
  env: Environment,
): Promise<CheckedRequest> => {
  const { request, errors } = validateRequest(value);
  if (request === null) throw new InvalidRequestError(errors, workflowId ?? '');
  const input = value as ProcessWorkflowInput;
  const runDir = runDirOf(input);
  const isEncrypted = isEncrypting(dataConverterOf(keys === undefined ? {} : { keys }, env));
  return {
    ...{ input, request, runDir, warnings: slipsIn(value) },
    workflowId: workflowId ?? (await workflowIdOf(input, isEncrypted)),
  };
};

/**
 * The request of a file (`-`: of stdin).
 *
 * @throws UsageError when it cannot be read or the id is none, InvalidRequestError with everything that is wrong in it.
 */
export const readRequest = async (
  path: string,
  options: RequestOptions,
  env: Environment,
): Promise<CheckedRequest> => {
  const { workflowId } = options;
  if (workflowId !== undefined && (workflowId.trim() === '' || hasControlCharacter(workflowId))) {
    throw new UsageError(
      `--workflow-id ${JSON.stringify(workflowId)}: expected an id that is not empty and holds no control character.`,
    );
  }
  return checkRequest(parse(await readText(path)), options, env);
};
