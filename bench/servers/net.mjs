/**
 * The floor: no WebSocket server, but the least that `node:net` can do. After a real handshake it takes every connection to send
 * whole frames of the workload's size, counts bytes, and answers with ready-made frames.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { Reel } from '../reel.mjs';
import { findWorkload } from '../workloads.mjs';

const workload = findWorkload(process.env.WORKLOAD ?? '');
const replies = new Reel(workload, { masked: false, maxRun: workload.inFlight });
const incomingFrameBytes = replies.frameBytes + 4; // the masking key
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
    if (head.startsWith('GET /broadcast ')) publishFrames(socket);
    else if (workload.kind === 'connect') closeOnFrame(socket);
    else answerFrames(socket);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');

/** @param {import('node:net').Socket} socket */
function answerFrames(socket) {
  let answered = 0;
  let pendingBytes = 0;
  socket.on('data', (chunk) => {
    pendingBytes += chunk.length;
    if (pendingBytes < incomingFrameBytes) return;
    const count = Math.floor(pendingBytes / incomingFrameBytes);
    pendingBytes -= count * incomingFrameBytes;
    socket.write(replies.run(answered, count));
    answered += count;
  });
}

/** @param {import('node:net').Socket} socket */
function publishFrames(socket) {
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  let published = 0;
  socket.on('data', () => {
    const frame = replies.run(published++, 1);
    for (const subscriber of room) subscriber.write(frame);
  });
}

/** @param {import('node:net').Socket} socket */
function closeOnFrame(socket) {
  socket.on('data', () => socket.end(Buffer.from([0x88, 0x02, 0x03, 0xe8])));
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
