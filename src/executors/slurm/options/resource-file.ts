/**
 * A resource of a Fractal server, as its API and its files have it: the configuration of the runner lies within. Pure.
 */
import { isJsonObject } from '../../../validation/schemas/leaf.js';

const RUNNER = 'jobs_runner_config';

/** The configuration, and the JSON Pointer to it; what is no resource is the configuration itself. */
export const configOfResource = (data: unknown): { config: unknown; place: string } => {
  if (!isJsonObject(data) || !isJsonObject(data[RUNNER])) return { config: data, place: '' };
  const { [RUNNER]: config, jobs_poll_interval: seconds } = data;
  const own: unknown = data['runner_config'] ?? config['runner_config'];
  const polls = typeof seconds === 'number' && seconds > 0 ? { poll_interval_seconds: seconds } : {};
  const runner = own === undefined ? polls : isJsonObject(own) ? { ...polls, ...own } : own;
  return { config: { ...config, runner_config: runner }, place: `/${RUNNER}` };
};
