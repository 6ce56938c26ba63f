// #region client-types
import type { ClientContract, PatternOf, TopicOf } from 'ieum/hub';

import type { chat } from './chat-contract.js';

type Chat = ClientContract<typeof chat>;
type Topic = TopicOf<keyof Chat['topics']>; // `chat/${string}` | `chat/${string}/typing`
type Published<Name extends Topic> = Chat['topics'][PatternOf<keyof Chat['topics'], Name>]['publish'];
type Room = Chat['requests']['createRoom']['output']; // { topic: string }

// #endregion

export type { Published, Room, Topic };
