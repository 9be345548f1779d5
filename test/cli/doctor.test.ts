/** `doctor` against a real server, before and after its workers are there. */
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { startEmbeddedServer } from '../../src/server/index.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

interface Report {
  version: string;
  problems: number;
  findings: { status: string; what: string; remedy: string | null }[];
}

describe('doctor', () => {
  it('says what is missing, and that all is there once it is', async () => {
    const { binary } = inject('temporal');
    const server = await startEmbeddedServer({ binary, dbFile: null, logFile: null });
    try {
      const queue = `doctor-${randomUUID()}`;
      const given = ['--address', server.address, '--task-queue', queue];
      const look = async (): Promise<{ code: number | string; report: Report }> => {
        const { code, stdout } = await sandbox.run(['doctor', ...given, '--json', '--dir', sandbox.dir]);
        return { code, report: JSON.parse(stdout) as Report };
      };
      const before = await look();
      expect(before.code).toBe(1);
      const problems = before.report.findings.filter(({ status }) => status === 'problem');
      expect(problems.map(({ what }) => what)).toEqual([
        'workflow queue fractal: no worker',
        `activity queues ${queue}: no worker`,
      ]);
      expect(before.report.problems).toBe(2);

      const worker = sandbox.start(['worker', 'workflow', 'local', ...given]);
      await worker.says('Ready');
      const after = await look();
      const whats = after.report.findings.map(({ status, what }) => `${status} ${what}`).join('\n');
      expect(whats).toMatch(/^ok Temporal server 127\.0\.0\.1:\d+: version 1\.\d+\.\d+, not encrypted$/m);
      expect(whats).toMatch(/^ok namespace default: there$/m);
      expect(whats).toMatch(/^ok retention of default: 30 days$/m);
      expect(whats).toMatch(/^ok search attributes: all registered$/m);
      const me = `${String(worker.child.pid)}@\\S+ \\(${after.report.version.replaceAll('.', '\\.')}\\)`;
      for (const name of [
        'workflow queue fractal',
        `activity queue ${queue}`,
        `activity queue ${queue}-steps`,
      ])
        expect(whats).toMatch(new RegExp(`^ok ${name}: ${me}$`, 'm'));
      expect(whats).toMatch(/^ok clock: that of the server and of this host agree$/m);
      expect(whats).toContain(`runs ${sandbox.dir}: `);
      expect(after).toMatchObject({ code: 0, report: { problems: 0 } });

      const wrong = await sandbox.run(['doctor', '--address', server.address, '--namespace', 'nowhere']);
      expect(wrong.code).toBe(1);
      expect(wrong.stdout).toMatch(/^problem +namespace nowhere: .*those there: .*default/m);
    } finally {
      await server.stop();
    }
  });

  it('is exit code 6 where there is no server, 2 where its backend lacks its configuration', async () => {
    expect((await sandbox.run(['doctor'])).code).toBe(6);
    expect((await sandbox.run(['doctor', 'slurm'])).code).toBe(2);
  });
});
