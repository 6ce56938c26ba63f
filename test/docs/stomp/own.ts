import { stompUserTopic } from 'ieum/dialects/stomp';
import type { Hub } from 'ieum/hub';

export async function write(hub: Hub): Promise<void> {
  // #region own
  await hub.publish(`${stompUserTopic('ann')}/queue/mail`, { text: 'hello, Ann' });
  // #endregion
}
