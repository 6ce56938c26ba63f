/**
 * Runs in a page, where chromium-client.ts calls `conversation` and offers `report`: one connection at a time, with
 * payloads as base64.
 */
globalThis.conversation = {
  open(url, subprotocols) {
    const socket = new WebSocket(url, subprotocols);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => report('open', socket.protocol);
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') report('text', new TextEncoder().encode(data).toBase64());
      else report('binary', new Uint8Array(data).toBase64());
    };
    socket.onclose = ({ code, reason }) => report('closed', `${code}`, reason);
    this.socket = socket;
  },
  send(type, base64) {
    const bytes = Uint8Array.fromBase64(base64);
    this.socket.send(type === 'text' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : bytes);
  },
  close(code, reason) {
    this.socket.close(code, reason);
  },
};
