/**
 * OpenTelemetry's traces of activities, sent by OTLP (docs/monitoring.md, "Traces"). The packages are optional and are
 * loaded only here, when asked for.
 *
 * The workflow itself is not traced: the interceptor for it adds steps to the workflow's own promises, and a run that was
 * begun without it does not replay with it (the history `continued-as-new`). A trace is the run's all the same: its id is
 * the run's uuid.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { logFields } from '../workers/log-fields.js';

export interface Tracing {
  /** For `Worker.create`. */
  interceptor: ActivityInterceptorsFactory;
  /** Sends what has not been sent; does not fail. */
  close(): Promise<void>;
}

/** The optional packages are not installed. */
export class NoTracing extends Error {
  override readonly name = 'NoTracing';
}

const PACKAGES = [
  '@temporalio/interceptors-opentelemetry@1.24.0',
  '@opentelemetry/exporter-trace-otlp-proto@0.57.2',
  '@opentelemetry/sdk-trace-base@1.30.1',
  '@opentelemetry/resources@1.30.1',
  '@opentelemetry/api@1.9.1',
];

const load = async () => {
  try {
    return {
      ...(await import('@temporalio/interceptors-opentelemetry/lib/worker/index.js')),
      ...(await import('@opentelemetry/exporter-trace-otlp-proto')),
      ...(await import('@opentelemetry/sdk-trace-base')),
      ...(await import('@opentelemetry/resources')),
      ...(await import('@opentelemetry/api')),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoTracing(`Traces need optional packages: npm install ${PACKAGES.join(' ')} (${why})`);
  }
};

/** Which span a piece of work belongs to, kept by Node itself. */
const contextsOf = (root: Context): ContextManager => {
  const contexts = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => contexts.getStore() ?? root,
    with: (context, work, self, ...args) => contexts.run(context, () => work.call(self as never, ...args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
};

const HEX_DIGITS_OF_TRACE = 32;
const HEX_DIGITS_OF_SPAN = 16;

/** What the interceptor takes for the span that an activity belongs to: W3C's `traceparent`. Pure. */
export const runHeaders = (input: unknown): Record<string, Payload> => {
  const uuid = String(logFields(input)['run']).replaceAll('-', '').toLowerCase();
  if (uuid.length !== HEX_DIGITS_OF_TRACE || !/^[0-9a-f]+$/.test(uuid)) return {};
  const traceparent = `00-${uuid}-${uuid.slice(0, HEX_DIGITS_OF_SPAN)}-01`;
  return { '_tracer-data': defaultPayloadConverter.toPayload({ traceparent }) };
};

/**
 * Where they go, and under what name, is said by the standard variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME,
 * OTEL_RESOURCE_ATTRIBUTES and their like.
 *
 * @throws NoTracing.
 */
export const openTracing = async (version: string): Promise<Tracing> => {
  const { OpenTelemetryActivityInboundInterceptor, OTLPTraceExporter, ...packages } = await load();
  const { BatchSpanProcessor, BasicTracerProvider, Resource, envDetectorSync } = packages;
  const ours = new Resource({ 'service.name': 'fractal-temporal', 'service.version': version });
  const resource = Resource.default().merge(ours).merge(envDetectorSync.detect());
  const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())];
  const provider = new BasicTracerProvider({ resource, spanProcessors });
  // The interceptor finds the header's trace by what is registered here.
  provider.register({ contextManager: contextsOf(packages.ROOT_CONTEXT) });
  const tracer = provider.getTracer('fractal-temporal', version);
  return {
    interceptor: (context) => {
      const spans = new OpenTelemetryActivityInboundInterceptor(context, { tracer });
      return {
        inbound: {
          execute: (input, next) =>
            spans.execute({ ...input, headers: { ...input.headers, ...runHeaders(input.args[0]) } }, next),
        },
      };
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
};
