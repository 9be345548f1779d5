/** Certificates of a test's own authority, made by openssl. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = async (args: string[]): Promise<void> => {
  await promisify(execFile)('openssl', args);
};

export interface Pair {
  certificate: string;
  key: string;
}

export interface Authority extends Pair {
  /** A certificate that this authority signs; for a server with the names that it has. */
  issue(name: string, options?: { names?: string; notAfter?: string }): Promise<Pair>;
}

/** `DNS:localhost,IP:127.0.0.1` */
export const LOOPBACK_NAMES = 'DNS:localhost,IP:127.0.0.1';

const EXTENSIONS = 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\n';

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority with its files in `dir`. */
export const makeAuthority = async (dir: string, name: string): Promise<Authority> => {
  const at = (file: string): string => join(dir, `${name}-${file}`);
  const own = { certificate: at('ca.pem'), key: at('ca.key') };
  await openssl([
    ...['req', '-x509', ...ecKey, '-days', '2', '-subj', `/CN=${name} CA`],
    ...['-keyout', own.key, '-out', own.certificate],
  ]);
  return {
    ...own,
    issue: async (who, { names, notAfter } = {}) => {
      const pair = { certificate: at(`${who}.pem`), key: at(`${who}.key`) };
      const request = at(`${who}.csr`);
      const extensions = at(`${who}.ext`);
      await writeFile(extensions, `${EXTENSIONS}${names === undefined ? '' : `subjectAltName=${names}\n`}`);
      await openssl(['req', '-new', ...ecKey, '-subj', `/CN=${who}`, '-keyout', pair.key, '-out', request]);
      if (notAfter === undefined) {
        await openssl([
          ...['x509', '-req', '-in', request, '-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial'],
          ...['-days', '1', '-extfile', extensions, '-out', pair.certificate],
        ]);
        return pair;
      }
      // `x509` of OpenSSL 3.0 has no end in the past; `ca` has one, and keeps books for it.
      const config = at(`${who}.cnf`);
      await writeFile(at(`${who}-index.txt`), '');
      await writeFile(
        config,
        `[ca]\ndefault_ca=own\n[own]\ndatabase=${at(`${who}-index.txt`)}\nnew_certs_dir=${dir}\nrand_serial=yes\n` +
          'default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n',
      );
      await openssl([
        ...['ca', '-batch', '-config', config, '-cert', own.certificate, '-keyfile', own.key, '-in', request],
        ...[
          '-startdate',
          '20200101000000Z',
          '-enddate',
          notAfter,
          '-extfile',
          extensions,
          '-out',
          pair.certificate,
        ],
      ]);
      return pair;
    },
  };
};
