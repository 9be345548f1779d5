/** Traces of a real run, as an OTLP receiver gets them. */
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { runHeaders } from '../../src/monitor/tracing.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';

/** What this test reads of opentelemetry/proto/collector/trace/v1. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Export { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message Attribute { string key = 1; Value value = 2; }
  message Value { string string_value = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; string name = 5; }
`);

interface Span {
  name: string;
  trace: string;
  service: string | undefined;
}

interface Exported {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] };
    scopeSpans: { spans: { name: string; traceId: string }[] }[];
  }[];
}

const decode = (body: Buffer): Span[] => {
  const type = root.lookupType('Export');
  const { resourceSpans } = type.toObject(type.decode(body), { bytes: String, arrays: true }) as Exported;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        trace: Buffer.from(span.traceId, 'base64').toString('hex'),
        service: resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue,
      })),
    ),
  );
};

const receiver = async () => {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...decode(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() };
};

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

describe('traces', () => {
  it('of all activities of a run are one, whose id is the run’s uuid', async () => {
    const { spans, url, close } = await receiver();
    try {
      const { address } = inject('temporal');
      const [workflowQueue, queue] = [`w-${randomUUID()}`, `a-${randomUUID()}`];
      const { dir } = sandbox;
      const tasks = [{ type: 'parallel' as const }];
      const request = makeRequest({ dir, tasks, images: ['a'], extra: { activity_task_queue: queue } });
      await writeFile(join(dir, 'request.json'), JSON.stringify(request));
      const given = ['--address', address];
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: 'our-worker' };
      const workflows = sandbox.start(['worker', 'workflow', '--task-queue', workflowQueue, ...given]);
      const local = sandbox.start(['worker', 'local', '--task-queue', queue, '--traces', ...given], { env });
      const run = ['run', join(dir, 'request.json'), '--task-queue', workflowQueue, ...given];
      expect(await sandbox.run(run)).toMatchObject({ code: 0 });
      for (const { child } of [workflows, local]) child.kill('SIGTERM');
      expect(await Promise.all([workflows.ended, local.ended])).toEqual([0, 0]);

      const identity = await readFile(join(dir, 'run', '.runner', 'run.json'), 'utf8');
      const { uuid } = JSON.parse(identity) as { uuid: string };
      const names = ['openRun', 'planTask', 'runBatch', 'applyTask', 'closeRun'];
      expect(spans.map(({ name }) => name)).toEqual(names.map((name) => `RunActivity:${name}`));
      expect(new Set(spans.map(({ trace }) => trace))).toEqual(new Set([uuid.replaceAll('-', '')]));
      expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['our-worker']));
    } finally {
      close();
    }
  });

  it('know no run where an input names none', () => {
    expect(runHeaders({ run: { uuid: 'of an old release' } })).toEqual({});
    expect(runHeaders(null)).toEqual({});
  });
});
