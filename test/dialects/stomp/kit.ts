import type { Client, IFrame, IMessage, StompConfig, StompHeaders } from '@stomp/stompjs';

/** What came, in order; `next` waits for what has not come yet. */
export interface Inbox<Item> {
  readonly items: readonly Item[];
  next(): Promise<Item>;
}

/** A client of stompjs that is connected, and what it was told. */
export interface OpenClient {
  readonly client: Client;
  /** CONNECTED frames: one for each time that it connects. */
  readonly connected: Inbox<IFrame>;
  readonly errors: Inbox<IFrame>;
  readonly closes: Inbox<number>;
  readonly heartBeats: Inbox<string>;
  /** Subscribes, and waits for the receipt. */
  subscribe(destination: string, headers?: StompHeaders): Promise<Subscription>;
  /** Publishes, and waits for the receipt. */
  publish(destination: string, body: string | Uint8Array, headers?: StompHeaders): Promise<void>;
  /** Resolves when the receipt comes. */
  receipt(id: string): Promise<IFrame>;
  end(): Promise<void>;
}

export interface Subscription extends Inbox<IMessage> {
  readonly id: string;
  readonly receipt: IFrame;
  unsubscribe(headers?: StompHeaders): void;
}

/** Makes clients. */
export interface Kit {
  /** Resolves when it is connected, or was told ERROR. */
  open(config?: StompConfig): Promise<OpenClient>;
  /** A destination that no other test has. */
  fresh(prefix: string): string;
  bytes(length: number): Uint8Array;
}

/** Runs in Node and, by its source, in a page: it refers to nothing outside itself. */
export function createKit(
  stompjs: { readonly Client: new (config: StompConfig) => Client },
  common: StompConfig,
): Kit {
  let names = 0;
  const createInbox = <Item>() => {
    const items: Item[] = [];
    const waiting: ((item: Item) => void)[] = [];
    let taken = 0;
    const inbox: Inbox<Item> = {
      items,
      next: () =>
        new Promise((resolve, reject) => {
          const item = items[taken++];
          if (item !== undefined) {
            resolve(item);
            return;
          }
          const timer = setTimeout(() => reject(new Error('nothing came')), 8_000);
          waiting.push((late) => {
            clearTimeout(timer);
            resolve(late);
          });
        }),
    };
    const put = (item: Item) => {
      items.push(item);
      waiting.shift()?.(item);
    };
    return { inbox, put };
  };
  const wrap = (
    client: Client,
    inboxes: Pick<OpenClient, 'connected' | 'errors' | 'closes' | 'heartBeats'>,
  ): OpenClient => {
    const receipt = (id: string) => new Promise<IFrame>((resolve) => client.watchForReceipt(id, resolve));
    return {
      client,
      ...inboxes,
      receipt,
      async subscribe(destination, headers = {}) {
        const { inbox, put } = createInbox<IMessage>();
        const id = `receipt-${++names}`;
        const confirmed = receipt(id);
        const subscription = client.subscribe(destination, put, { ...headers, receipt: id });
        return {
          ...inbox,
          id: subscription.id,
          receipt: await confirmed,
          unsubscribe: subscription.unsubscribe,
        };
      },
      async publish(destination, body, headers = {}) {
        const id = `receipt-${++names}`;
        const confirmed = receipt(id);
        const content = typeof body === 'string' ? { body } : { binaryBody: body };
        client.publish({ destination, ...content, headers: { ...headers, receipt: id } });
        await confirmed;
      },
      end: () => client.deactivate(),
    };
  };
  return {
    open(config = {}) {
      const [connected, errors] = [createInbox<IFrame>(), createInbox<IFrame>()];
      const [closes, heartBeats] = [createInbox<number>(), createInbox<string>()];
      return new Promise((resolve) => {
        const client = new stompjs.Client({ reconnectDelay: 0, ...common, ...config });
        const open = wrap(client, {
          connected: connected.inbox,
          errors: errors.inbox,
          closes: closes.inbox,
          heartBeats: heartBeats.inbox,
        });
        client.onConnect = (frame) => {
          connected.put(frame);
          resolve(open);
        };
        client.onStompError = (frame) => {
          errors.put(frame);
          resolve(open);
        };
        client.onWebSocketClose = ({ code }) => closes.put(code ?? 0);
        client.onHeartbeatReceived = () => heartBeats.put('heart-beat');
        client.activate();
      });
    },
    fresh: (prefix) => `${prefix}${Math.random().toString(36).slice(2)}-${++names}`,
    bytes: (length) => Uint8Array.from({ length }, (_, i) => i % 256),
  };
}
