/** What a client may send, checked. */
export type ClientPacket =
  | { readonly type: 'connect'; readonly namespace: string; readonly auth: Readonly<Record<string, unknown>> }
  | { readonly type: 'disconnect'; readonly namespace: string }
  | {
      readonly type: 'event';
      readonly namespace: string;
      /** What its acknowledgement is to have; null when none is wanted. */
      readonly id: number | null;
      /** The event's name, and what came with it. */
      readonly args: readonly [name: string | number, ...rest: unknown[]];
    }
  | {
      readonly type: 'ack';
      readonly namespace: string;
      readonly id: number;
      readonly args: readonly unknown[];
    };

/** What a server sends. */
export type ServerPacket =
  | { readonly type: 'connect'; readonly namespace: string; readonly sid: string; readonly pid?: string }
  | { readonly type: 'disconnect'; readonly namespace: string }
  | {
      readonly type: 'connect-error';
      readonly namespace: string;
      readonly message: string;
      readonly data?: unknown;
    }
  | {
      readonly type: 'event';
      readonly namespace: string;
      readonly id: number | null;
      readonly args: readonly unknown[];
    }
  | {
      readonly type: 'ack';
      readonly namespace: string;
      readonly id: number;
      readonly args: readonly unknown[];
    };

/** A packet as it travels: its text, and a binary message for each attachment behind it. */
export interface EncodedPacket {
  readonly text: string;
  readonly attachments: readonly Uint8Array[];
}

/** Arguments as they travel: a JSON array, and the bytes that stand where it has placeholders. */
export interface EncodedArgs {
  readonly json: string;
  readonly attachments: readonly Uint8Array[];
}

/** Something that is no packet: a client that sends one is not to be listened to any more. */
export interface PacketViolation {
  readonly type: 'violation';
  /** What is wrong, for people. */
  readonly message: string;
}

/** What bounds packets. */
export interface PacketLimits {
  /** Binary attachments of one packet. Default 10. */
  readonly maxAttachments: number;
  /** Levels of arrays and objects in one another. Default 512. */
  readonly maxDepth: number;
}

export const packetLimits: PacketLimits = { maxAttachments: 10, maxDepth: 512 };

/** Names that no event may have: they are what sockets themselves tell. */
export const reservedEvents: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** How packets begin. */
export const PacketDigit = {
  Connect: 0,
  Disconnect: 1,
  Event: 2,
  Ack: 3,
  ConnectError: 4,
  BinaryEvent: 5,
  BinaryAck: 6,
} as const;
