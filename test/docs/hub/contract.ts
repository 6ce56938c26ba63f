// #region import
import { createHub } from 'ieum/hub';

import { chat } from './chat-contract.js';

const hub = createHub({ contract: chat });
await hub.open();
// #endregion

/** Talks to itself, and resolves with the texts that it heard. */
export async function useContract(): Promise<readonly string[]> {
  const texts: string[] = [];
  const console = { log: (text: string) => texts.push(text) };
  // #region use
  await hub.subscribe('chat/42', ({ data }) => console.log(data.text));
  await hub.publish('chat/42', { text: ' hello ' }); // is heard as 'hello'
  hub.handle('createRoom', async ({ title }) => ({ topic: `chat/${encodeURIComponent(title)}` }));
  // #endregion
  return texts;
}

export { hub };
