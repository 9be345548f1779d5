// `npm run compose:env -- --data DIR`: makes the .env that docker-compose.yml refuses to do without: passwords that nobody
// has chosen, the folder of runs, and whose files they are. An .env that is there is kept: its password is the database's.
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `npm run compose:env -- --data DIR [options]

  --data DIR    folder that workers and whoever starts runs see under the same path: runs and images lie below it
  --user N[:N]  uid and gid that the local worker runs units as (default: those of DIR's owner; never root)
  --file FILE   where to (default: .env beside docker-compose.yml)`;

const OPTIONS = {
  data: { type: 'string' },
  user: { type: 'string' },
  file: { type: 'string', default: fileURLToPath(new URL('../.env', import.meta.url)) },
  help: { type: 'boolean', default: false },
};

const PASSWORD_BYTES = 24;

/** Letters, digits, - and _ only: such a text needs no quotes in an .env, a shell or a connection string. */
const password = () => randomBytes(PASSWORD_BYTES).toString('base64url');

class Refused extends Error {}

const dataFolder = (dir) => {
  if (dir === undefined) throw new Refused(`--data is missing.\n\n${USAGE}`);
  // Compose reads $ and # in an .env, and a colon ends the path in a volume.
  if (!isAbsolute(dir) || !/^[\w./@+-]+$/.test(dir)) {
    throw new Refused(`--data ${dir}: expected an absolute path of letters, digits and . _ - + @ /`);
  }
  const about = statSync(dir, { throwIfNoEntry: false });
  if (about === undefined || !about.isDirectory()) {
    throw new Refused(
      `--data ${dir}: no such folder. Make it first, owned by the user that units are to run as.`,
    );
  }
  return about;
};

const userOf = (text, about) => {
  const [uid, gid] = text === undefined ? [about.uid, about.gid] : text.split(':').map(Number);
  const user = { uid, gid: gid ?? uid };
  if (!Number.isSafeInteger(user.uid) || !Number.isSafeInteger(user.gid)) {
    throw new Refused(`--user ${text}: expected numbers, such as 1000 or 1000:1000.`);
  }
  if (user.uid === 0) {
    throw new Refused('Units do not run as root: give --data a folder of another user, or --user N:N.');
  }
  return user;
};

const textOf = (
  dir,
  { uid, gid },
) => `# Made by npm run compose:env. Keep it: the first password is that of the database.
COMPOSE_PROJECT_NAME=fractal-temporal
POSTGRES_PASSWORD=${password()}
GRAFANA_PASSWORD=${password()}
FRACTAL_DATA=${dir}
FRACTAL_UID=${uid}
FRACTAL_GID=${gid}
`;

const main = () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const user = userOf(values.user, dataFolder(values.data));
  try {
    writeFileSync(values.file, textOf(values.data, user), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new Refused(`${values.file} is there and is kept: its password is that of the database.`);
  }
  console.log(`${values.file}: units run as ${user.uid}:${user.gid} below ${values.data}`);
};

try {
  main();
} catch (error) {
  const isUsage = error instanceof Refused || error?.code?.startsWith?.('ERR_PARSE_ARGS');
  if (!isUsage) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
