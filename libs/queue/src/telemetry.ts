import type { Telemetry } from 'bullmq';

/** Tracing that was started. */
export interface Tracing {
  readonly telemetry: Telemetry;
  /** Sends what is left, with a deadline of its own. */
  shutdown(): Promise<void>;
}

/**
 * OpenTelemetry for everything that goes through the queue, when an OTLP endpoint is configured as OpenTelemetry has
 * it; undefined otherwise. Spans hold names of queues and jobs and their ids, never their data.
 */
export async function startTracing(env: NodeJS.ProcessEnv = process.env): Promise<Tracing | undefined> {
  const isConfigured = [env['OTEL_EXPORTER_OTLP_ENDPOINT'], env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']].some(Boolean);
  if (!isConfigured || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  // Loaded only by those who trace.
  const { context, propagation, trace } = await import('@opentelemetry/api');
  const hooks = await import('@opentelemetry/context-async-hooks');
  const core = await import('@opentelemetry/core');
  const sdk = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { BullMQOtel } = await import('bullmq-otel');
  const exporter = new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
  const provider = new sdk.TracerProvider({ spanProcessors: [exporter] });
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  // What ties a job's span to that of who enqueued it, across processes.
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { telemetry: new BullMQOtel({ tracerName: 'ciphernet' }) as Telemetry, shutdown: () => provider.shutdown() };
}
