import { readdirSync, readFileSync } from 'node:fs';

import type { Registry } from 'prom-client';

import { addCounter, addGauge } from './sampled-metric.js';

/** Adds what Prometheus knows of every process, under its names, and the memory of V8. */
export function addProcessMetrics(registry: Registry): void {
  addCounter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'Processor time used, of the program and of the system for it.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  addGauge(registry, {
    name: 'process_start_time_seconds',
    help: 'When the process began, in seconds since 1970.',
    aggregator: 'min',
    read: () => Math.round(Date.now() / 1_000 - process.uptime()),
  });
  addGauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'Memory that the process has.',
    read: () => process.memoryUsage.rss(),
  });
  addGauge(registry, {
    name: 'nodejs_heap_size_bytes',
    help: 'Memory of the JavaScript heap.',
    labels: ['state'],
    read: () => {
      const { heapTotal, heapUsed } = process.memoryUsage();
      return [
        { labels: { state: 'total' }, value: heapTotal },
        { labels: { state: 'used' }, value: heapUsed },
      ];
    },
  });
  addGauge(registry, {
    name: 'nodejs_external_memory_bytes',
    help: 'Memory of buffers and the like, outside of the heap.',
    read: () => process.memoryUsage().external,
  });
  if (countOpenFiles() !== null) addFileMetrics(registry);
}

function addFileMetrics(registry: Registry): void {
  addGauge(registry, {
    name: 'process_open_fds',
    help: 'Open file descriptors: every connection is one.',
    read: () => countOpenFiles() ?? 0,
  });
  addGauge(registry, {
    name: 'process_max_fds',
    help: 'How many there may be.',
    aggregator: 'min',
    read: () => maxOpenFiles() ?? Number.NaN,
  });
}

/** Null where the system does not tell. */
function countOpenFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

function maxOpenFiles(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}
