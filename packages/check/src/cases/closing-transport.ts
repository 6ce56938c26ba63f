import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { close, more, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf } from './payloads.js';

/** The connection below: who ends it, and what becomes of one that ends without a Close frame. */
export function closingTransportCases(): readonly Case[] {
  return casesOf('closing', [
    serverEndsFirst(),
    serverEndsAtOnce(),
    clientWaitsForServer(),
    clientFollowsServer(),
    ...halfClosedRows().map(halfClosed),
    halfClosedAfterClose(),
    halfClosedAfterHandshake(),
  ]);
}

function serverEndsFirst(): GroupedCase {
  return {
    name: 'transport/server-ends-first',
    title: 'the server ends the connection after the closing handshake',
    clause: 'RFC 6455 §7.1.1: SHOULD be closed first by the server',
    judges: 'server',
    sends: 'Close 1000, and then nothing: the tester does not end its side',
    expects: 'a Close frame, and the end of the connection within 2 seconds (later: non-strict)',
    run: async (wire) => {
      wire.sendClose(1000);
      await wire.expectClose([1000]);
      await wire.expectEnd({ timeoutMs: 2_000 });
    },
  };
}

function serverEndsAtOnce(): GroupedCase {
  return {
    name: 'transport/server-ends-after-failure',
    title: 'the server ends a connection that it failed, though its Close frame is not answered',
    clause: 'RFC 6455 §7.1.7',
    judges: 'server',
    sends: 'a frame with opcode 3, and then nothing, not even a Close frame',
    expects: 'Close 1002, and the end of the connection within 4 seconds (later: non-strict)',
    run: async (wire) => {
      wire.sendFrame({ opcode: 3 });
      const event = await wire.receiveEvent();
      if (event?.type === 'close') await wire.expectEnd({ timeoutMs: 4_000 });
      else if (event?.type !== 'end') wire.fail('the server did not fail the connection');
      else wire.nonStrict('the server ended the connection without a Close frame (RFC 6455 §7.1.7)');
    },
  };
}

function clientWaitsForServer(): GroupedCase {
  return {
    name: 'transport/client-waits-for-server',
    title: 'the client leaves it to the server to end the connection',
    clause: 'RFC 6455 §7.1.1: SHOULD be closed first by the server',
    judges: 'client',
    sends: 'Close 1000; the end 500 ms after the client answered',
    expects: 'a Close frame, nothing for 500 ms (the end: non-strict), and the end after ours',
    run: async (wire) => {
      wire.sendClose(1000);
      await wire.expectClose([1000]);
      const event = await wire.receiveEvent({ timeoutMs: 500 });
      if (event?.type === 'end') {
        return wire.nonStrict('the client ended the connection before the server (RFC 6455 §7.1.1)');
      }
      await wire.expectEnd();
    },
  };
}

function clientFollowsServer(): GroupedCase {
  return {
    name: 'transport/client-ends-after-server',
    title: 'the client ends the connection when the server has, even in the middle of its closing handshake',
    clause: 'RFC 6455 §7.1.1',
    judges: 'client',
    sends: 'Close 1000 and the end at once',
    expects: 'a Close frame or none, and the end of the connection',
    run: async (wire) => {
      wire.sendClose(1000);
      wire.halfClose();
      await expectTheEnd(wire);
    },
  };
}

function halfClosedRows(): { name: string; what: string; send: (wire: Wire) => void }[] {
  return [
    { name: 'idle', what: 'at rest', send: () => {} },
    {
      name: 'after-message',
      what: 'right after a message',
      send: (wire) => wire.sendMessage('text', 'Hello'),
    },
    {
      name: 'inside-message',
      what: 'between two fragments',
      send: (wire) => wire.sendFrame(text('Hel', more)),
    },
    {
      name: 'inside-header',
      what: 'after the first byte of a frame',
      send: (wire) => wire.sendBytes(wire.encodeFrame(text('Hello')).subarray(0, 1)),
    },
    {
      name: 'inside-payload',
      what: 'in the middle of a payload',
      send: (wire) => wire.sendBytes(wire.encodeFrame(text(asciiOf(100))).subarray(0, 50)),
    },
    {
      name: 'inside-close-frame',
      what: 'in the middle of a Close frame',
      send: (wire) => wire.sendBytes(wire.encodeFrame(close(1000, 'bye')).subarray(0, 5)),
    },
  ];
}

/** A WebSocket connection has no half: whoever stays would stay for ever. */
function halfClosed({ name, what, send }: ReturnType<typeof halfClosedRows>[number]): GroupedCase {
  return {
    name: `half-closed/${name}`,
    title: `the tester's side ends without a Close frame, ${what}`,
    clause: 'RFC 6455 §7.1.4, §7.1.5',
    sends: 'FIN (over HTTP/2 END_STREAM), and it goes on reading',
    expects: 'the end of the connection, with a Close frame before it or without; to stay is non-strict',
    run: async (wire) => {
      await wire.expectEcho('text', 'ready');
      send(wire);
      wire.halfClose();
      await expectTheEnd(wire);
    },
  };
}

function halfClosedAfterClose(): GroupedCase {
  return {
    name: 'half-closed/after-close-frame',
    title: "the tester's side ends right after its Close frame",
    clause: 'RFC 6455 §7.1.1, §7.1.2',
    judges: 'server',
    sends: 'a message, Close 1000 and FIN (over HTTP/2 END_STREAM) together',
    expects: 'a Close frame with 1000, whatever is answered before, and the end of the connection',
    run: async (wire) => {
      await wire.sendFrames([text('Hello'), close(1000)]);
      wire.halfClose();
      const event = await wire.receiveEvent();
      if (event?.type === 'end') {
        return wire.nonStrict('the server ended the connection without a Close frame (RFC 6455 §5.5.1)');
      }
      if (event?.type === 'close') wire.keepBack(event);
      await wire.expectClose([1000]);
      await wire.expectEnd();
    },
  };
}

function halfClosedAfterHandshake(): GroupedCase {
  return {
    name: 'half-closed/after-closing-handshake',
    title: 'after the closing handshake both sides end, whoever is first',
    clause: 'RFC 6455 §7.1.1',
    sends: 'Close 1000; FIN (over HTTP/2 END_STREAM) when it is answered',
    expects: 'the end of the connection within 2 seconds (later: non-strict)',
    run: async (wire) => {
      wire.sendClose(1000);
      await wire.expectClose([1000]);
      wire.halfClose();
      await wire.expectEnd({ timeoutMs: 2_000 });
    },
  };
}

/** Messages, Pongs and a Close frame may come before it. */
async function expectTheEnd(wire: Wire): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const event = await wire.receiveEvent({ timeoutMs: Math.max(1, until - Date.now()) });
    if (event?.type === 'end') return;
    if (event === null) {
      return wire.nonStrict(`the ${wire.peer} left a connection open whose other side had ended`);
    }
  }
}

const patienceMs = 3_000;
