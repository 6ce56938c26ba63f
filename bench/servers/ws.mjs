import 'bufferutil'; // ws does without it in silence; the comparison must not
import { WebSocket, WebSocketServer } from 'ws';

/** @type {Set<WebSocket>} */
const room = new Set();

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  perMessageDeflate: process.env.DEFLATE ? { threshold: 0 } : false,
  maxPayload: 64 << 20,
});

server.on('connection', (socket, request) => {
  socket.on('error', () => socket.terminate());
  if (request.url === '/broadcast') {
    room.add(socket);
    socket.on('close', () => room.delete(socket));
    socket.on('message', publish);
  } else {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
});

/**
 * @param {import('ws').RawData} data
 * @param {boolean} isBinary
 */
function publish(data, isBinary) {
  for (const socket of room) {
    if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary: isBinary });
  }
}
