import { WebSocketServer } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  maxPayload: 64 << 20,
  perMessageDeflate: { threshold: 0 },
});
server.on('connection', (socket) => {
  // What a peer does wrong is the peer's affair.
  socket.on('error', () => {});
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
