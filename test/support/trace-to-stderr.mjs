// For `node --import`: writes a line of JSON on standard error for each span that ends.
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const { name, attributes, parentSpanContext: parent } = span;
      process.stderr.write(
        `span ${JSON.stringify({ name, traceId, spanId, parentId: parent?.spanId, attributes })}\n`,
      );
    }
    done({ code: 0 });
  },
  shutdown: async () => {},
};
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
