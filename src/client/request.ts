/** Names and digests derived from a request. */
import type { z } from 'zod';
import type { request as requestSchema } from '../validation/schemas/request.js';
import { sha256 } from '../state/files.js';
import { canonicalJson } from '../wire/canonical-json.js';

/**
 * The request as a client writes it: JSON with Fractal's names (docs/request.md, schemas/request.schema.json). The worker
 * validates it, so that one from a file or another program can be passed on as it is (`as ProcessWorkflowInput`).
 */
export type ProcessWorkflowInput = z.input<typeof requestSchema>;

/** The run's directory, as the worker sees it. */
export const runDirOf = (request: ProcessWorkflowInput): string =>
  request.workflow_dir_remote ?? request.workflow_dir_local;

/** SHA-256 (hex) of the canonical JSON: equal requests have equal digests, whatever the order of their keys. */
export const requestDigest = (request: unknown): string => sha256(canonicalJson(request));
