/** A server with a state file: adopted when it lives, started again on the same database when not. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from './embedded.js';
import { withFolderLock } from './folder-lock.js';
import { endProcess, isAlive, ownIdentity, type ProcessIdentity } from './process.js';
import { probe } from './probe.js';
import { keepRunsForWeeks } from './retention.js';
import { CONNECT_TIMEOUT_MS, PREFERRED_PORT, PREFERRED_UI_PORT, SERVER_STOP_SECONDS } from './tunables.js';
import { readUpState, type UpState, upStatePath, writeUpState } from './up-state.js';

export interface UpServerOptions {
  /** Folder of database, log and state file. */
  home: string;
  /**
   * A private server ends with its process, however that ends, and listens on any free port. Otherwise (`up`) it
   * outlives a killed owner, and asks for Temporal's usual ports.
   */
  isPrivate?: boolean;
  /** Called only when a server must be started. */
  findBinary: () => Promise<{ path: string; version: string }>;
  say: (line: string) => void;
}

export interface UpServer extends EmbeddedServer {
  /** Was it running already, left by an `up` that was killed? */
  adopted: boolean;
  /**
   * Starts the server again, at the same address, when its process is gone; true when it had to.
   *
   * @throws ServerStartFailed when it does not come up there.
   */
  revive(): Promise<boolean>;
}

/** Another `up` of the same folder is running. */
export class UpAlreadyRunning extends Error {
  override readonly name = 'UpAlreadyRunning';
  constructor(
    message: string,
    readonly state: UpState,
  ) {
    super(message);
  }
}

const portOf = (address: string): number =>
  Number(new URL(`tcp://${address.replace(/^https?:\/\//, '')}`).port);

/** The live server of a state, or null; one that lives but does not answer is ended. */
const adopt = async (
  state: UpState,
  isPrivate: boolean,
  say: (line: string) => void,
): Promise<EmbeddedServer | null> => {
  if (!(await isAlive(state.process))) return null;
  if (isPrivate) {
    // Its owner is dead, so it is about to end: not to be relied on.
    await endProcess(state.process, SERVER_STOP_SECONDS * 1_000);
    return null;
  }
  const problem = await probe({ address: state.address }, state.namespace, CONNECT_TIMEOUT_MS);
  if (problem !== null) {
    say(`the server at ${state.address} (process ${state.process.pid}) does not answer: starting it again`);
    await endProcess(state.process, SERVER_STOP_SECONDS * 1_000);
    return null;
  }
  // It may have been started by an older version of this program.
  const notKept = await keepRunsForWeeks({ address: state.address }, state.namespace);
  if (notKept !== null) say(notKept);
  return {
    process: state.process,
    address: state.address,
    uiAddress: state.ui_address,
    namespace: state.namespace,
    letGo: () => undefined,
    stop: () => endProcess(state.process, SERVER_STOP_SECONDS * 1_000),
  };
};

/** Another host started the server of this folder, and did not end it in order: it may live. */
export class ServerElsewhere extends Error {
  override readonly name = 'ServerElsewhere';
}

const bootOf = ({ started }: ProcessIdentity): string | undefined => started.split('/').at(-2);

/**
 * On a shared disk a process that is not found here may live on another host, and two servers on one database destroy
 * it. Another name alone is none: a container has a new one each time, on the same boot of the same machine.
 */
const refuseElsewhere = async (home: string, state: UpState | null): Promise<void> => {
  if (state === null || state.owner === null || state.host === undefined || state.host === hostname()) return;
  if (bootOf(state.process) === bootOf(await ownIdentity())) return;
  throw new ServerElsewhere(
    `The server of ${home} was started on host ${state.host} (process ${state.process.pid}) and has not been ended in order. ` +
      `If it lives, work on that host, or end it there; if that host is gone for good, remove ${upStatePath(home)}.`,
  );
};

const refuseSecond = async (home: string, state: UpState | null): Promise<void> => {
  if (state === null || state.owner === null || !(await isAlive(state.owner))) return;
  throw new UpAlreadyRunning(
    `\`fractal-temporal up\` is running already (process ${state.owner.pid}, Web UI ${state.ui_address}). ` +
      `End it first, or set FRACTAL_TEMPORAL_HOME to another folder than ${home} for a second one.`,
    state,
  );
};

/**
 * The server of `up`, for as long as this process lives or until `stop`. It is not tied to this process: when this
 * one is killed the server goes on, and the next call adopts it.
 *
 * @throws UpAlreadyRunning, ServerElsewhere, NoServerBinary, ServerStartFailed, file system errors (folder not writable).
 */
export const acquireUpServer = async (options: UpServerOptions): Promise<UpServer> => {
  const { home, isPrivate = false, findBinary, say } = options;
  // Requests are in the database: nobody else's business. A run's directory has the rights its owner gave it.
  await mkdir(home, { recursive: true, ...(!isPrivate && { mode: 0o700 }) });
  return withFolderLock(home, 'server', say, async () => {
    const before = await readUpState(home);
    await refuseElsewhere(home, before);
    await refuseSecond(home, before);
    const dbFile = join(home, 'temporal.db');
    const adopted = before === null ? null : await adopt(before, isPrivate, say);
    let version = before?.version ?? 'unknown';
    // The ports of last time: addresses in other terminals and bookmarks of the Web UI go on to work.
    const known =
      before === null ? undefined : { port: portOf(before.address), uiPort: portOf(before.ui_address) };
    const usual = isPrivate ? undefined : { port: PREFERRED_PORT, uiPort: PREFERRED_UI_PORT };
    const start = async (ports: EmbeddedServerOptions['ports'] = known ?? usual): Promise<EmbeddedServer> => {
      const binary = await findBinary();
      version = binary.version;
      return startEmbeddedServer({
        binary: binary.path,
        dbFile,
        logFile: join(home, 'server.log'),
        ...(ports && { ports }),
      });
    };
    let live = adopted ?? (await start());
    const owner = await ownIdentity();
    const save = (holder: ProcessIdentity | null): Promise<void> =>
      writeUpState(home, {
        process: live.process,
        owner: holder,
        address: live.address,
        ui_address: live.uiAddress,
        namespace: live.namespace,
        db_file: dbFile,
        version,
        host: hostname(),
      });
    /** Only what the state file knows may outlive this process: nobody would find it otherwise. */
    const keep = async (): Promise<void> => {
      await save(owner);
      if (!isPrivate) live.letGo();
    };
    await keep();
    let reviving: Promise<boolean> | null = null;
    const revive = async (): Promise<boolean> => {
      if (await isAlive(live.process)) return false;
      say('the Temporal server has ended unexpectedly; starting it again on the same database');
      // Clients and workers know this address only.
      live = await start({ port: portOf(live.address), uiPort: portOf(live.uiAddress), exact: true });
      await keep();
      return true;
    };
    return {
      process: live.process,
      address: live.address,
      uiAddress: live.uiAddress,
      namespace: live.namespace,
      adopted: adopted !== null,
      letGo: () => live.letGo(),
      revive: () => (reviving ??= revive().finally(() => (reviving = null))),
      stop: async () => {
        // One that is just coming up must be stopped as well; that it did not come up has been said.
        await reviving?.catch(() => false);
        await live.stop();
        await save(null);
      },
    };
  });
};

/** A server lives and does not answer: it is not taken for none, or another would be started beside it. */
export class UpServerSilent extends Error {
  override readonly name = 'UpServerSilent';
}

/**
 * The live server of an `up` (also of one that was killed), or null when its process is gone.
 *
 * @throws UpServerSilent when its process lives and it does not answer.
 */
export const findUpServer = async (home: string): Promise<UpState | null> => {
  const state = await readUpState(home);
  if (state === null || !(await isAlive(state.process))) return null;
  const problem = await probe({ address: state.address }, state.namespace, CONNECT_TIMEOUT_MS);
  // It may have ended meanwhile.
  if (problem === null || !(await isAlive(state.process))) return problem === null ? state : null;
  throw new UpServerSilent(
    `The server of ${home} (process ${state.process.pid} at ${state.address}) lives but does not answer: ` +
      `${problem}. Try again; if it hangs, end that process: the program that has it (\`up\`, or \`run\` for the server of ` +
      'its own run) starts it again on the same database, or does so when it is started the next time.',
  );
};

/** The server of a living `run` of its own. null also where its process has outlived that `run`: it is tied to it, and ends by itself. */
export const findPrivateServer = async (home: string): Promise<UpState | null> => {
  const owner = (await readUpState(home))?.owner ?? null;
  return owner !== null && (await isAlive(owner)) ? findUpServer(home) : null;
};
