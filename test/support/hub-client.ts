import { type ConnectOptions, connect, type Peer } from 'ieum';

/** What a hub says in `ieum.v1`. */
export type HubAnswer = Readonly<Record<string, unknown>> & { readonly type: string };

/** A client of a hub that speaks `ieum.v1` by hand. */
export class HubClient {
  readonly peer: Peer;
  /** What came that is no answer. */
  readonly messages: HubAnswer[] = [];
  readonly #answers = new Map<unknown, (answer: HubAnswer) => void>();
  readonly #first: Promise<HubAnswer>;
  #id = 0;

  private constructor(peer: Peer) {
    this.peer = peer;
    this.#first = new Promise((resolve) => this.#answers.set(undefined, resolve));
    void this.#receive();
  }

  /** Opens a connection, and says nothing yet. */
  static async open(wsUrl: string, options: ConnectOptions = {}): Promise<HubClient> {
    return new HubClient(await connect(`${wsUrl}/hub`, { subprotocols: ['ieum.v1'], ...options }));
  }

  /** Opens a connection, and says who it is; resolves when it is believed. */
  static async connect(wsUrl: string, token?: string): Promise<HubClient> {
    const client = await HubClient.open(wsUrl);
    const answer = await client.introduce(token);
    if (answer.type !== 'connected') throw new Error(JSON.stringify(answer));
    return client;
  }

  /** Says who it is; resolves with the first answer. */
  introduce(token?: string): Promise<HubAnswer> {
    this.peer.send(JSON.stringify({ type: 'connect', ...(token === undefined ? {} : { token }) }));
    return this.#first;
  }

  /** Sends something that is answered, and resolves with the answer. */
  ask(message: Readonly<Record<string, unknown>>): Promise<HubAnswer> {
    const id = ++this.#id;
    const answer = new Promise<HubAnswer>((resolve) => this.#answers.set(id, resolve));
    this.peer.send(JSON.stringify({ ...message, id }));
    return answer;
  }

  subscribe(topic: string): Promise<HubAnswer> {
    return this.ask({ type: 'subscribe', topic });
  }

  publish(topic: string, data: unknown): Promise<HubAnswer> {
    return this.ask({ type: 'publish', topic, data });
  }

  async #receive(): Promise<void> {
    for await (const message of this.peer) {
      const answer = JSON.parse(String(message.data)) as HubAnswer;
      const { id } = answer;
      const resolve = this.#answers.get(id);
      this.#answers.delete(id);
      if (resolve === undefined) this.messages.push(answer);
      else resolve(answer);
    }
  }
}
