/**
 * `ws` in a process of its own, at its best, for measuring.
 */
import 'bufferutil'; // ws does without it in silence; the comparison must not
import { WebSocketServer } from 'ws';

import { answerQuestions } from './figures.mjs';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on('listening', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') answerQuestions(address.port);
});
