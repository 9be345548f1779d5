/** The files of a TLS connection, read and checked before a server is asked: its own words for them are poor. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientConfigTLS, ConfigDataSource } from '@temporalio/envconfig';
import { errorCode } from '../../state/errors.js';
import { ConnectionSettingsError, wordsOf } from './errors.js';

/** A file or text of the settings, and what to call it in a message. */
interface Source {
  name: string;
  text: string;
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

const contentOf = (what: string, setting: string, source: ConfigDataSource): Source => {
  if (!('path' in source)) {
    const text = typeof source.data === 'string' ? source.data : Buffer.from(source.data).toString('utf8');
    return { name: `${what} (${setting}_DATA)`, text };
  }
  try {
    return { name: `${what} ${source.path}`, text: readFileSync(source.path, 'utf8') };
  } catch (error) {
    const why = reasons[errorCode(error) ?? ''] ?? wordsOf(error);
    throw new ConnectionSettingsError(
      `The ${what} ${source.path} cannot be read: ${why}. It is named by ${setting}_PATH, or ` +
        `${setting.replace('TEMPORAL_TLS_', '').toLowerCase()}_path of the profile.`,
    );
  }
};

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

const certificatesOf = ({ name, text }: Source): X509Certificate[] => {
  const blocks = text.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new ConnectionSettingsError(
      `The ${name} holds no certificate: expected PEM text with -----BEGIN CERTIFICATE-----.`,
    );
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new ConnectionSettingsError(`The ${name} is damaged: ${wordsOf(error)}.`);
  }
};

const checkDates = (name: string, { validFrom, validTo }: X509Certificate, now: number): void => {
  if (Date.parse(validTo) < now) {
    throw new ConnectionSettingsError(`The ${name} has expired on ${validTo}; a new one is needed.`);
  }
  if (Date.parse(validFrom) > now) {
    throw new ConnectionSettingsError(
      `The ${name} is valid from ${validFrom} on only; is the clock of this machine right?`,
    );
  }
};

const keyOf = ({ name, text }: Source): KeyObject => {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const isLocked = text.includes('ENCRYPTED') || errorCode(error) === 'ERR_MISSING_PASSPHRASE';
    const why = isLocked
      ? 'it is protected by a passphrase, which nobody could type into a worker; store it without, mode 0600'
      : 'it holds no private key: expected PEM text with -----BEGIN PRIVATE KEY-----';
    throw new ConnectionSettingsError(`The ${name} cannot be used: ${why}.`);
  }
};

const checkPair = (certificate: Source, key: Source, now: number): void => {
  const [own] = certificatesOf(certificate);
  const privateKey = keyOf(key);
  if (own?.checkPrivateKey(privateKey) !== true) {
    throw new ConnectionSettingsError(`The ${key.name} does not belong to the ${certificate.name}.`);
  }
  checkDates(certificate.name, own, now);
};

const bytes = (source: Source): { data: string } => ({ data: source.text });

/**
 * The same settings with each file in place of its path.
 *
 * @throws ConnectionSettingsError for a file that is missing or unreadable, a certificate without its key or the other
 * way round, two that do not belong together, one that has expired, and what is no PEM.
 */
export const readCertificates = (tls: ClientConfigTLS, now = Date.now()): ClientConfigTLS => {
  const { serverCACert, clientCert, clientKey, ...rest } = tls;
  const read: ClientConfigTLS = { ...rest };
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    const [given, missing] = clientKey === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    const short = missing === 'key' ? 'KEY' : 'CERT';
    throw new ConnectionSettingsError(
      `A client ${given} is given without its ${missing}: mTLS needs both. Set TEMPORAL_TLS_CLIENT_${short}_PATH ` +
        `(client_${short.toLowerCase()}_path in a profile).`,
    );
  }
  if (serverCACert !== undefined) {
    const ca = contentOf("server's CA certificate", 'TEMPORAL_TLS_SERVER_CA_CERT', serverCACert);
    certificatesOf(ca);
    read.serverCACert = bytes(ca);
  }
  if (clientCert !== undefined && clientKey !== undefined) {
    const certificate = contentOf('client certificate', 'TEMPORAL_TLS_CLIENT_CERT', clientCert);
    const key = contentOf("client certificate's key", 'TEMPORAL_TLS_CLIENT_KEY', clientKey);
    checkPair(certificate, key, now);
    read.clientCert = bytes(certificate);
    read.clientKey = bytes(key);
  }
  return read;
};
