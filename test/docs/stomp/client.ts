// #region connect
import { Client, type IMessage } from '@stomp/stompjs';

export function follow(url: string, show: (message: IMessage) => void): Client {
  let last: string | undefined;
  const client = new Client({
    brokerURL: `${url}/stomp`,
    connectHeaders: { login: 'ann', passcode: 's3cret' },
    onConnect: () => {
      const headers = last === undefined ? {} : { 'ieum-since': last };
      client.subscribe('/topic/news', handle, headers);
    },
  });
  const handle = (message: IMessage) => {
    const { 'ieum-gap': gap, 'ieum-position': position } = message.headers;
    last = position ?? last;
    if (gap === undefined) show(message);
    else console.warn(`something is missing: ${gap}`);
  };
  client.activate();
  return client;
}
// #endregion
