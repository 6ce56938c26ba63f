/**
 * The floor: no WebSocket server, but the least that documented `node:net` can do. It knows what it will get: frames of the
 * workload's size and nothing else, in a ring that every connection repeats. See `RingEcho`.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { findWorkload } from '../workloads.mjs';
import { KnownFrames } from './net/known-frames.mjs';
import { RingEcho } from './net/ring-echo.mjs';

const workload = findWorkload(process.env.WORKLOAD ?? '');
const frames = new KnownFrames(workload);
/** @type {import('./net/ring-echo.mjs').ReplyRing[]} */
const rings = [];
/** @type {Set<import('node:net').Socket>} */
const room = new Set();

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  let head = '';
  socket.on('data', function receiveHandshake(chunk) {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    socket.off('data', receiveHandshake);
    socket.write(acceptHandshake(head));
    if (head.startsWith('GET /broadcast ')) joinRoom(socket);
    else if (workload.scenario === 'idle') answerOnce(socket);
    else answer(socket);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');

/** @param {import('node:net').Socket} socket */
function answer(socket) {
  const echo = new RingEcho(frames, rings);
  socket.on('data', (chunk) => {
    if (echo.isBetweenFrames && isCloseFrame(chunk)) socket.end(CLOSE_FRAME);
    else for (const replies of echo.receive(chunk)) socket.write(replies);
  });
}

/**
 * For connections that are weighed: nothing of an echo is kept.
 *
 * @param {import('node:net').Socket} socket
 */
function answerOnce(socket) {
  socket.once('data', (chunk) => socket.write(frames.replyTo(chunk)));
}

/** @param {import('node:net').Socket} socket */
function joinRoom(socket) {
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  /** @type {Buffer} */
  let pending = NOTHING;
  socket.on('data', (chunk) => {
    if (pending.length === 0 && isCloseFrame(chunk)) return socket.end(CLOSE_FRAME);
    const { whole, rest } = frames.split(pending.length === 0 ? chunk : Buffer.concat([pending, chunk]));
    pending = rest;
    if (whole.length === 0) return;
    const published = Buffer.concat(whole.map((frame) => frames.replyTo(frame)));
    for (const subscriber of room) subscriber.write(published);
  });
}

/** @param {Buffer} chunk */
function isCloseFrame(chunk) {
  return chunk[0] === CLOSE_FRAME[0];
}

/** @param {string} head */
function acceptHandshake(head) {
  const key = /\r\nsec-websocket-key:[ \t]*([^\r\n \t]+)/i.exec(head)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}${HANDSHAKE_GUID}`).digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
  );
}

/** RFC 6455 §1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Close code 1000, unmasked. */
const CLOSE_FRAME = Buffer.from([0x88, 0x02, 0x03, 0xe8]);
const NOTHING = Buffer.alloc(0);
