/**
 * @typedef {{ send(message: unknown, compress: boolean): void }} Socket
 * @typedef {{ upgrade(request: Request): boolean }} Server
 */
const { serve } = /** @type {{ Bun: { serve(options: object): void } }} */ (
  /** @type {unknown} */ (globalThis)
).Bun;

serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  /**
   * @param {Request} request
   * @param {Server} server
   */
  fetch: (request, server) => {
    return server.upgrade(request) ? undefined : new Response('only WebSocket here', { status: 426 });
  },
  websocket: {
    perMessageDeflate: true,
    maxPayloadLength: 64 << 20,
    backpressureLimit: 64 << 20,
    /**
     * @param {Socket} socket
     * @param {unknown} message
     */
    message: (socket, message) => {
      socket.send(message, true);
    },
  },
});
