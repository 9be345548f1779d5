/** Temporal's environment configuration: TEMPORAL_* variables over a profile of temporal.toml, checked. */
import {
  type ClientConfigProfile,
  type LoadClientProfileOptions,
  loadClientConfig,
  loadClientConfigProfile,
} from '@temporalio/envconfig';
import type { Environment } from '../folders.js';
import { readCertificates } from './certificates.js';
import { ConnectionSettingsError, wordsOf } from './errors.js';

/** `KEY: ${KEY:-}` of a compose file sets every variable, also to nothing; an empty header takes one away, though. */
const setVariables = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (entry[1] !== '' || entry[0].startsWith('TEMPORAL_GRPC_META_')),
    ),
  );

const SWITCHES = ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'];

/** @temporalio/envconfig takes any word but `1` and `true` for no: `TEMPORAL_TLS=yes` would mean without TLS. */
const checkSwitches = (variables: Record<string, string>): void => {
  for (const name of SWITCHES) {
    const value = variables[name];
    if (value === undefined || ['1', 'true', '0', 'false'].includes(value)) continue;
    throw new ConnectionSettingsError(`${name}=${value}: expected true, false, 1 or 0.`);
  }
};

const NO_HOST_VERIFICATION =
  "asks not to verify the server's name, which Temporal's TypeScript SDK cannot do: it verifies always. Give the name " +
  'in its certificate (TEMPORAL_TLS_SERVER_NAME, server_name) and the CA that signed it (TEMPORAL_TLS_SERVER_CA_CERT_PATH, ' +
  'server_ca_cert_path) instead.';

const fileName = (variables: Record<string, string>): string =>
  variables['TEMPORAL_CONFIG_FILE'] ?? 'temporal.toml in the folder temporalio of the user’s configuration';

const profileNames = (overrideEnvVars: Record<string, string>): string[] => {
  try {
    return Object.keys(loadClientConfig({ overrideEnvVars }).profiles);
  } catch {
    return [];
  }
};

/** TOML's errors show the line that they are about, which may be the key. */
const withoutExcerpt = (error: unknown): string => {
  const [first = ''] = wordsOf(error).split('\n', 1);
  const { line, column } = Object(error) as { line?: unknown; column?: unknown };
  return typeof line === 'number' ? `${first} (line ${line}, column ${String(column)})` : first;
};

const load = (name: string | undefined, overrideEnvVars: Record<string, string>): ClientConfigProfile => {
  const options: LoadClientProfileOptions = { overrideEnvVars, ...(name && { profile: name }) };
  const wanted = name || overrideEnvVars['TEMPORAL_PROFILE'];
  try {
    return loadClientConfigProfile(options);
  } catch (error) {
    const names = profileNames(overrideEnvVars);
    // It trips over a file without any profile, an empty one for example: that file says nothing.
    const isEmpty = error instanceof TypeError;
    if (isEmpty && !wanted) return loadClientConfigProfile({ overrideEnvVars, disableFile: true });
    if (wanted && (isEmpty || wordsOf(error).startsWith('Profile '))) {
      const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
      throw new ConnectionSettingsError(
        `There is no profile "${wanted}" in Temporal's configuration file (${fileName(overrideEnvVars)}): ${known}.`,
      );
    }
    throw new ConnectionSettingsError(
      `Temporal's configuration file (${fileName(overrideEnvVars)}) cannot be used: ${withoutExcerpt(error)}`,
    );
  }
};

/** A key of the profile in use that nobody reads is a setting that silently does nothing: misspelt, most often. */
const checkKeys = (name: string | undefined, overrideEnvVars: Record<string, string>): void => {
  const used = name || overrideEnvVars['TEMPORAL_PROFILE'] || 'default';
  try {
    loadClientConfig({ overrideEnvVars, configFileStrict: true });
  } catch (error) {
    const words = wordsOf(error);
    const [, where, keys = ''] = /key\(s\) unrecognized in (profile\.\S+): (.*)/.exec(words) ?? [];
    if (where === undefined || ![`profile.${used}`, `profile.${used}.tls`].includes(where)) return;
    const file = fileName(overrideEnvVars);
    throw new ConnectionSettingsError(
      keys === 'disable_host_verification'
        ? `${where}.${keys} of ${file} ${NO_HOST_VERIFICATION}`
        : `${file}: unknown in ${where}: ${keys}. Is it misspelt?`,
    );
  }
};

/** gRPC refuses the rest, and shows the whole secret in its words. */
const checkApiKey = (key: string): void => {
  if (/^[\x21-\x7e]+$/.test(key)) return;
  throw new ConnectionSettingsError(
    'The API key (TEMPORAL_API_KEY, or api_key of the profile) holds a space, a line end or another character that no ' +
      'key has: was it read from a file with its line end?',
  );
};

const checkHeaders = ({ apiKey, grpcMeta = {} }: ClientConfigProfile): void => {
  if (apiKey === undefined || grpcMeta['authorization'] === undefined) return;
  throw new ConnectionSettingsError(
    'Both an API key and a header "authorization" (TEMPORAL_GRPC_META_AUTHORIZATION, grpc_meta) are given; only one can ' +
      'be sent.',
  );
};

/**
 * The profile of this name (default: TEMPORAL_PROFILE, then `default`) with the variables over it; its TLS files read.
 *
 * @throws ConnectionSettingsError for whatever is wrong in it.
 */
export const readProfile = (name: string | undefined, env: Environment): ClientConfigProfile => {
  const variables = setVariables(env);
  checkSwitches(variables);
  if (['1', 'true'].includes(variables['TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'] ?? '')) {
    throw new ConnectionSettingsError(`TEMPORAL_TLS_DISABLE_HOST_VERIFICATION ${NO_HOST_VERIFICATION}`);
  }
  const { apiKey, ...profile } = load(name, variables);
  checkKeys(name, variables);
  // As from the environment: an empty one is none.
  const key = apiKey ? { apiKey } : {};
  if (key.apiKey !== undefined) checkApiKey(key.apiKey);
  checkHeaders({ ...profile, ...key });
  const tls =
    profile.tls === undefined || profile.tls.disabled === true ? {} : { tls: readCertificates(profile.tls) };
  return { ...profile, ...key, ...tls };
};
