import { WebSocket } from 'ieum';

/** Talks to a hub, and resolves with what was heard when it has heard three things. */
export function talk(url: string): Promise<string[]> {
  const heard: string[] = [];
  return new Promise((resolve) => {
    const console = {
      log: (text: string) => {
        heard.push(text);
        if (heard.length < 3) return;
        socket.close();
        resolve(heard);
      },
    };
    // #region client
    const socket = new WebSocket(`${url}/hub`, 'ieum.v1');
    const say = (message: object) => socket.send(JSON.stringify(message));

    socket.onopen = () => {
      say({ type: 'connect', token: 's3cret' });
      say({ type: 'subscribe', id: 1, topic: 'chat/42' });
    };
    socket.onmessage = ({ data }) => {
      console.log(String(data));
      const { type } = JSON.parse(String(data));
      if (type === 'subscribed') say({ type: 'publish', topic: 'chat/42', data: { text: 'hello' } });
    };
    // #endregion
  });
}
