import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimRunDir } from '../../../src/activities/run/claim-run-dir.js';
import { InvalidRequest } from '../../../src/activities/errors.js';
import { openRun } from '../../../src/activities/run/open-run.js';
import { requestDigest } from '../../../src/client/index.js';
import { eventLogs } from '../../../src/events/log.js';
import { createLocalBackend } from '../../../src/executors/local/index.js';
import { STATE_FORMAT } from '../../../src/state/format.js';
import { runServer } from '../../../src/state/identity.js';
import { identityPath, planPath, requestPath, resultPath } from '../../../src/state/paths.js';
import { makeRequest } from '../../support/scripted-requests.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-claim-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const ofUp = runServer('id-of-up', 'default', { address: '127.0.0.1:7233', kind: 'up', home: '/home/of/up' });
const another = runServer('id-of-another', 'default', { address: 'h:1', kind: 'private', home: null });

const claim = (uuid: string, server = ofUp, workflow_id = 'the-run', request: unknown = { a: 1 }) =>
  claimRunDir({
    ...{ dir, pointer: '/workflow_dir_local', server },
    input: { uuid, workflow_id, request, started: '2026-01-01T00:00:00Z' },
  });

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
};

describe('claimRunDir', () => {
  it('records whose the directory is, of which request, and which server holds it', async () => {
    await claim('u1');
    await claim('u1');
    expect(JSON.parse(await readFile(identityPath(dir), 'utf8'))).toEqual({
      format: STATE_FORMAT,
      ...{ uuid: 'u1', workflow_id: 'the-run', request_digest: requestDigest({ a: 1 }) },
      server: ofUp,
    });
  });

  it('a spilled request has the digest of the request itself', async () => {
    await claim('u1', ofUp, 'the-run', { request_file: '/f', sha256: 'abc' });
    expect(JSON.parse(await readFile(identityPath(dir), 'utf8'))).toMatchObject({ request_digest: 'abc' });
  });

  it('leaves a directory of a newer release alone, whoever asks for it', async () => {
    await claim('u1');
    const path = identityPath(dir);
    const newer = (await readFile(path, 'utf8')).replace(
      `"format":${STATE_FORMAT}`,
      `"format":${STATE_FORMAT + 1}`,
    );
    await writeFile(path, newer);
    for (const uuid of ['u1', 'u2']) await expect(claim(uuid)).rejects.toThrow(/Upgrade this worker/);
    expect(await readFile(path, 'utf8')).toBe(newer);
  });

  it('refuses a second server, naming the one that has the run', async () => {
    await claim('u1');
    await expect(claim('u2', another)).rejects.toThrow(/belongs to the server of `up` \(home \/home\/of\/up/);
  });

  it.each([
    ['another id', 'other-run', null],
    ['a planned run of its own id', 'the-run', planPath('', 0, 'first')],
    ['an ended run of its own id', 'the-run', resultPath('')],
  ])('refuses %s on the same server', async (_what, workflowId, file) => {
    await claim('u1');
    if (file !== null) await write(join(dir, file), '{}');
    await expect(claim('u2', ofUp, workflowId)).rejects.toThrow(InvalidRequest);
    expect(await readFile(identityPath(dir), 'utf8')).toContain('"u1"');
  });

  it('takes over from a run of its own id that was never opened, with what that one wrote', async () => {
    await claim('u1');
    await write(requestPath(dir), 'of the request before it was mended');
    await claim('u2');
    expect(await readFile(identityPath(dir), 'utf8')).toContain('"u2"');
    await expect(readFile(requestPath(dir))).rejects.toThrow('ENOENT');
  });

  it('a damaged file is still somebody else’s', async () => {
    await write(identityPath(dir), '');
    await expect(claim('u1')).rejects.toThrow(/used by another run/);
  });
});

describe('openRun', () => {
  it('refuses a workflow id with a newline, which other clients may give', async () => {
    const request = makeRequest({ dir, tasks: [{ type: 'parallel' }] });
    const input = { request, uuid: 'u1', workflow_id: 'two\nlines', started: '2026-01-01T00:00:00Z' };
    const backend = createLocalBackend({ stateDir: dir, queue: 'q' });
    const deps = { backend, events: eventLogs(), knownSearchAttributes: () => Promise.resolve([]) };
    await expect(openRun(input, deps)).rejects.toThrow(
      /workflow id without control characters.*"two\\nlines"/,
    );
    await expect(readFile(identityPath(join(dir, 'run')))).rejects.toThrow('ENOENT');
  });
});
