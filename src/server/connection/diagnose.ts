/** Why a server does not answer, seen by a TLS handshake of our own: gRPC's words for it do not name the cause. */
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow/tls-config.js';
import { splitProtoHostPort } from '@temporalio/common/lib/internal-non-workflow/parse-host-uri.js';
import { errorCode } from '../../state/errors.js';
import { DIAGNOSIS_TIMEOUT_MS } from '../tunables.js';
import { wordsOf } from './errors.js';

export interface DiagnosedConnection {
  address: string;
  tls?: TLSConfig | boolean | null | undefined;
  apiKey?: unknown;
}

interface Place {
  host: string;
  port: number;
}

const DEFAULT_PORT = 7233;

const socketWords: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'its name is unknown (DNS)',
  EAI_AGAIN: 'its name cannot be looked up now (DNS)',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

const IMMEDIATE = [socketWords['ECONNREFUSED'], socketWords['ENOTFOUND']];

const placeOf = (address: string): Place | null => {
  const parts = splitProtoHostPort(address);
  return parts === undefined ? null : { host: parts.hostname, port: parts.port ?? DEFAULT_PORT };
};

/** Nobody sees in an address without a port which one was tried. */
const portWords = (address: string): string =>
  splitProtoHostPort(address)?.port === undefined ? `; no port is given, ${DEFAULT_PORT} was tried` : '';

/** null when something listens. */
const unreachable = ({ host, port }: Place): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connectPlain(port, host);
    const answer = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(DIAGNOSIS_TIMEOUT_MS, () =>
      answer(`no answer within ${DIAGNOSIS_TIMEOUT_MS / 1_000} s (is a firewall between?)`),
    );
    socket.once('connect', () => answer(null));
    socket.once('error', (error) => answer(socketWords[errorCode(error) ?? ''] ?? error.message));
  });

type Handshake =
  | { kind: 'silent' }
  /** The handshake was done, and the server has sent something after it. */
  | { kind: 'accepted' }
  | { kind: 'closed'; afterHandshake: boolean; error: unknown };

/** A handshake, and then a look whether the server keeps the connection: a client's certificate is judged after it. */
const handshake = ({ host, port }: Place, options: ConnectionOptions): Promise<Handshake> =>
  new Promise((resolve) => {
    let secured = false;
    let socket: TLSSocket | null = null;
    const answer = (seen: Handshake): void => {
      socket?.destroy();
      resolve(seen);
    };
    const closed = (error: unknown): void => answer({ kind: 'closed', afterHandshake: secured, error });
    try {
      socket = connectTls({ host, port, ALPNProtocols: ['h2'], ...options });
    } catch (error) {
      closed(error);
      return;
    }
    socket.setTimeout(DIAGNOSIS_TIMEOUT_MS, () => answer({ kind: 'silent' }));
    socket.once('secureConnect', () => (secured = true));
    // An HTTP/2 server speaks first.
    socket.once('data', () => answer({ kind: 'accepted' }));
    socket.once('error', closed);
    socket.once('close', () => closed(new Error('it closes the connection')));
  });

const NOT_TLS = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
];
const UNKNOWN_CA = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
];

const ownCertificate = (tls: TLSConfig): string =>
  tls.clientCertPair === undefined
    ? 'it wants a client certificate, and none is given: set TEMPORAL_TLS_CLIENT_CERT_PATH and ' +
      'TEMPORAL_TLS_CLIENT_KEY_PATH (client_cert_path, client_key_path in a profile)'
    : 'it does not accept our client certificate: it must be signed by the CA that this server trusts for clients, and ' +
      'not have expired';

const refusal = (
  tls: TLSConfig,
  place: Place,
  { error, afterHandshake }: { error: unknown; afterHandshake: boolean },
) => {
  const code = errorCode(error) ?? '';
  if (NOT_TLS.includes(code))
    return 'it does not speak TLS there, and we do: TEMPORAL_TLS=false, or another port';
  if (UNKNOWN_CA.includes(code)) {
    return (
      'its certificate is not signed by a CA that we trust: give the right one with TEMPORAL_TLS_SERVER_CA_CERT_PATH ' +
      `(server_ca_cert_path in a profile) (${wordsOf(error)})`
    );
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate, or one of those that signed it, has expired';
  if (code === 'CERT_NOT_YET_VALID')
    return 'its certificate is not valid yet: is the clock of this machine right?';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return (
      `its certificate is for another name than ${tls.serverNameOverride ?? place.host}: use the name that it has, or give ` +
      `it with TEMPORAL_TLS_SERVER_NAME (server_name in a profile) (${wordsOf(error)})`
    );
  }
  // Go's TLS says why by an alert, others just hang up.
  if (afterHandshake || code.includes('ALERT')) return `${ownCertificate(tls)} (${wordsOf(error)})`;
  return code === 'ECONNRESET' || code === ''
    ? 'it ends the connection in the TLS handshake: does it speak TLS there at all? If not: TEMPORAL_TLS=false'
    : `the TLS handshake fails: ${wordsOf(error)}`;
};

const diagnoseTls = async (place: Place, tls: TLSConfig): Promise<string | null> => {
  const { clientCertPair, serverNameOverride, serverRootCACertificate } = tls;
  const seen = await handshake(place, {
    ...(serverNameOverride !== undefined && { servername: serverNameOverride }),
    ...(serverRootCACertificate !== undefined && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair !== undefined && {
      cert: Buffer.from(clientCertPair.crt),
      key: Buffer.from(clientCertPair.key),
    }),
  });
  return seen.kind === 'closed' ? refusal(tls, place, seen) : null;
};

const diagnosePlain = async (place: Place): Promise<string | null> => {
  // Nothing is sent but a greeting, so it does not matter whom we talk to.
  const seen = await handshake(place, { rejectUnauthorized: false });
  const speaksTls =
    seen.kind === 'accepted' ||
    (seen.kind === 'closed' &&
      (seen.afterHandshake || /ALERT_(CERT|HANDSHAKE|BAD_CERT)/.test(errorCode(seen.error) ?? '')));
  return speaksTls
    ? 'it speaks TLS, and we do not: set TEMPORAL_TLS=true, or TEMPORAL_TLS_SERVER_CA_CERT_PATH where its CA is your ' +
        'own (a table "tls" in a profile)'
    : null;
};

/** Answers at once where nothing can listen: no time-out has to be waited for. null: something listens, or may. */
export const surelyAway = async ({ address }: DiagnosedConnection): Promise<string | null> => {
  const place = placeOf(address);
  const why = place === null ? null : await unreachable(place);
  return why !== null && IMMEDIATE.includes(why) ? why + portWords(address) : null;
};

/**
 * What keeps a connection from a server; null where nothing below gRPC does. Takes a few seconds at most.
 */
export const diagnose = async ({ address, tls, apiKey }: DiagnosedConnection): Promise<string | null> => {
  const place = placeOf(address);
  if (place === null) return null;
  const away = await unreachable(place);
  if (away !== null) return away + portWords(address);
  const asked = tls ?? (apiKey !== undefined ? true : undefined);
  if (!asked) return diagnosePlain(place);
  return diagnoseTls(place, asked === true ? {} : asked);
};
