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
  const work = async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      await converse(`${base}/case/${id}?agent=${agent}`, true);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  await converse(`${base}/done?agent=${agent}`, false);
};
