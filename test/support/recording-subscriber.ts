import type { SendResult } from '../../packages/ieum/src/channel/send-queue.js';
import type { Publication } from '../../packages/ieum/src/hub/publication.js';
import type {
  Gap,
  OutgoingRequest,
  PresenceChange,
  SessionClose,
  Subscriber,
  SubscriptionEnd,
  SubscriptionFace,
} from '../../packages/ieum/src/hub/subscriber.js';

/** A subscriber that writes down what it is told, in order, and reads only while it is let. */
export class RecordingSubscriber implements Subscriber {
  /** Texts of publications, and what else came, as short words: `gap expired`, `joined ann`. */
  readonly log: string[] = [];
  readonly publications: Publication[] = [];
  readonly gaps: Gap[] = [];
  readonly requests: OutgoingRequest[] = [];
  #room: { readonly promise: Promise<SendResult>; readonly open: () => void } | null = null;

  /** The next publication fills its queue. */
  stopReading(): void {
    let open = () => {};
    const promise = new Promise<SendResult>((resolve) => {
      open = () => resolve('written');
    });
    this.#room = { promise, open };
  }

  readAgain(): void {
    this.#room?.open();
    this.#room = null;
  }

  handlePublication(publication: Publication): SendResult | Promise<SendResult> {
    this.publications.push(publication);
    this.log.push(publication.format === 'binary' ? '(binary)' : publication.text);
    return this.#room === null ? 'written' : this.#room.promise;
  }

  handleGap(gap: Gap, { topic }: SubscriptionFace): void {
    this.gaps.push(gap);
    this.log.push(`gap ${gap.reason} on ${topic}`);
  }

  handlePresence({ joined, left }: PresenceChange): void {
    for (const { user } of joined) this.log.push(`joined ${user}`);
    for (const { user } of left) this.log.push(`left ${user}`);
  }

  handleEnd({ code }: SubscriptionEnd, { topic }: SubscriptionFace): void {
    this.log.push(`${topic} ended: ${code}`);
  }

  handleExpiring(inMs: number): void {
    this.log.push(`expiring in ${inMs}`);
  }

  handleRequest(request: OutgoingRequest): void {
    this.requests.push(request);
  }

  handleCancel(id: number): void {
    this.log.push(`cancelled ${id}`);
  }

  handleClose({ code }: SessionClose): void {
    this.log.push(`closed ${code}`);
  }
}
