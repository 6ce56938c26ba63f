/**
 * @typedef {{ room: boolean }} SocketData
 * @typedef {{ data: SocketData, send(message: unknown, compress: boolean): void, subscribe(topic: string): void }} Socket
 * @typedef {object} Server
 * @property {(request: Request, options: { data: SocketData }) => boolean} upgrade
 * @property {(topic: string, message: unknown, compress: boolean) => void} publish
 * @typedef {object} ServeOptions
 * @property {string} hostname
 * @property {number} port
 * @property {(request: Request, server: Server) => Response | undefined} fetch
 * @property {object} websocket
 */

const { serve } = /** @type {{ Bun: { serve(options: ServeOptions): Server } }} */ (
  /** @type {unknown} */ (globalThis)
).Bun;

const compress = Boolean(process.env.DEFLATE);

const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  fetch: (request, server) => {
    const room = new URL(request.url).pathname === '/broadcast';
    if (server.upgrade(request, { data: { room } })) return undefined;
    return new Response('only WebSocket here', { status: 426 });
  },
  websocket: {
    perMessageDeflate: compress ? { compress: 'shared', decompress: 'shared' } : false,
    maxPayloadLength: 64 << 20,
    backpressureLimit: 64 << 20,
    /** @param {Socket} socket */
    open: (socket) => {
      if (socket.data.room) socket.subscribe('room');
    },
    /**
     * @param {Socket} socket
     * @param {unknown} message
     */
    message: (socket, message) => {
      if (socket.data.room) server.publish('room', message, compress);
      else socket.send(message, compress);
    },
  },
});
