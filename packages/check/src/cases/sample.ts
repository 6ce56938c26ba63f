import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';

/** A few cases of every kind, to begin with. */
export const sampleCases: readonly Case[] = [
  {
    id: 'sample/echo/text',
    title: 'a short text message',
    clause: 'RFC 6455 §5.6',
    group: 'sample',
    judges: 'both',
    sends: 'a text message of 5 bytes',
    expects: 'the same message back, then the closing handshake',
    run: async (wire) => {
      await wire.expectEcho('text', 'Hello');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'sample/ping/between-fragments',
    title: 'a Ping between two fragments',
    clause: 'RFC 6455 §5.4',
    group: 'sample',
    judges: 'both',
    sends: 'a text message in two fragments, and a Ping between them',
    expects: 'a Pong with the payload of the Ping, and the message back',
    run: async (wire) => {
      wire.sendFrame({ fin: false, opcode: Opcode.Text, payload: 'Hel' });
      wire.sendPing('are you there');
      await wire.expectPong('are you there');
      wire.sendFrame({ opcode: Opcode.Continuation, payload: 'lo' });
      await wire.expectMessage('text', 'Hello');
      await wire.expectCloseHandshake();
    },
  },
  ...[1, 2, 4].map(
    (rsv): Case => ({
      id: `sample/reserved-bits/${rsv}`,
      title: `reserved bits ${rsv} without an extension`,
      clause: 'RFC 6455 §5.2',
      group: 'sample',
      judges: 'both',
      sends: `a text frame with reserved bits ${rsv}`,
      expects: 'the connection failed with 1002',
      run: async (wire) => {
        wire.sendFrame({ opcode: Opcode.Text, rsv, payload: 'Hello' });
        await wire.expectFailure({ codes: [1002] });
      },
    }),
  ),
  {
    id: 'sample/opening/no-key',
    title: 'an opening request without Sec-WebSocket-Key',
    clause: 'RFC 6455 §4.2.1',
    group: 'sample',
    judges: 'server',
    start: 'connected',
    sends: 'an opening request that lacks one field',
    expects: 'status 400',
    run: async (wire) => {
      wire.sendOpening({ headers: { 'Sec-WebSocket-Key': null } });
      await wire.expectRefused({ statuses: [400, 426] });
    },
  },
  {
    id: 'sample/opening/wrong-accept',
    title: 'an opening response with a wrong Sec-WebSocket-Accept',
    clause: 'RFC 6455 §4.1',
    group: 'sample',
    judges: 'client',
    start: 'connected',
    sends: 'a response with a Sec-WebSocket-Accept that answers another key',
    expects: 'the end of the connection',
    run: async (wire) => {
      wire.sendOpening({ headers: { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } });
      await wire.expectRefused();
    },
  },
];
