import { decodeArgs, type EncodedArgs, encodeArgs } from '../../codecs/socketio/index.js';

import type { Cluster } from './cluster.js';
import type { ServerSettings } from './server-options.js';

/** Told what other nodes answered; an error when not all did in time. */
export type ServerSideAnswers = (error: Error | null, answers: unknown[]) => void;

export interface ServerSideEmission {
  readonly namespace: string;
  readonly values: readonly unknown[];
  /** Null when no answers are wanted. */
  readonly done: ServerSideAnswers | null;
}

/** Emits to the listeners of a namespace on all other nodes. */
export function serverSideEmit(
  { cluster, settings }: { readonly cluster: Cluster; readonly settings: ServerSettings },
  { namespace, values, done }: ServerSideEmission,
): void {
  const args = encodeArgs(values);
  if (done === null) cluster.tell({ type: 'server-emit', namespace, args });
  else ask(cluster, settings, { namespace, args, done });
}

function ask(
  cluster: Cluster,
  { clock, createId, requestsTimeoutMs }: ServerSettings,
  question: { readonly namespace: string; readonly args: EncodedArgs; readonly done: ServerSideAnswers },
): void {
  const { namespace, args, done } = question;
  const waiting = new Set(cluster.peers);
  const answers: unknown[] = [];
  if (waiting.size === 0) {
    done(null, answers);
    return;
  }
  const request = createId();
  const end = (error: Error | null) => {
    unhear();
    cancel();
    done(error, answers);
  };
  const unhear = cluster.hear(request, (frame, node) => {
    if (frame.type !== 'answer' || !waiting.delete(node)) return;
    answers.push(decodeArgs(frame.args)[0]);
    if (waiting.size === 0) end(null);
  });
  const cancel = clock.setTimer(() => {
    end(new Error(`${waiting.size} of the other nodes did not answer in time`));
  }, requestsTimeoutMs);
  cluster.tell({ type: 'server-emit', request, namespace, args });
}
