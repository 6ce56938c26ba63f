/** Runs in a page: the driver of a client that is like WebSocket, as driveClient has it, for the browser's own. */
globalThis.converse = (url, echoes) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let first;
    socket.onmessage = ({ data }) => {
      first ??= data;
      if (echoes) socket.send(data);
    };
    socket.onclose = () => resolve(typeof first === 'string' ? first : '');
  });

globalThis.driveClient = async (base, agent) => {
  const ids = JSON.parse(await converse(`${base}/cases`, false));
  for (const id of ids) await converse(`${base}/case/${id}?agent=${agent}`, true);
  await converse(`${base}/done?agent=${agent}`, false);
};
