import type { HistoryPage, HistoryRequest } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';

import { publicationOf, type StreamMessage } from './message.js';
import type { TopicStream } from './topic-stream.js';

/** What a reader asks for. */
export interface HistoryQuestion extends HistoryRequest {
  /** Now, in milliseconds since 1970: what is older than the topic's retention is not given, though the stream has it. */
  readonly now: number;
  /** Up to this offset the reader heard everything, and what came behind it is too young to have been removed for its age. */
  readonly known: number | null;
}

/**
 * Reads publications of a topic, one by one from the stream's leader, each by the sequence behind the one before.
 *
 * Whether something is missing shows by what is still there: messages of a subject go oldest first, so as long as one at or
 * before `since` is kept at the end of reading, all behind it were. Without one, nothing is missing if none can have been
 * removed: the stream still reaches back to `since`, and the topic has not its full number of messages.
 */
export async function readHistory(
  stream: TopicStream,
  topic: string,
  question: HistoryQuestion,
): Promise<HistoryPage> {
  await stream.ensure();
  const { epoch } = stream;
  const reader = new HistoryReader(stream, topic, question);
  const { last, position } = await reader.findEnd();
  const page =
    question.since === null
      ? { messages: await reader.readLatest(last), isContinuous: true }
      : await reader.readSince(question.since, last, position);
  // The stream was lost meanwhile: what was read belongs to no history.
  if (stream.epoch !== epoch) return readHistory(stream, topic, question);
  return {
    publications: page.messages.map((message) =>
      publicationOf(topic, message, stream.positionAt(message.sequence)),
    ),
    position,
    isContinuous: page.isContinuous,
  };
}

class HistoryReader {
  readonly #stream: TopicStream;
  readonly #topic: string;
  readonly #question: HistoryQuestion;
  readonly #oldest: number;
  readonly #maxMessages: number;

  constructor(stream: TopicStream, topic: string, question: HistoryQuestion) {
    this.#stream = stream;
    this.#topic = topic;
    this.#question = question;
    const { history } = stream.retention;
    this.#oldest = question.now - (history?.maxAgeMs ?? 0);
    this.#maxMessages = history?.maxMessages ?? 0;
  }

  /** The last message of the topic, and where the topic stands: where the stream does when none of it is kept. */
  async findEnd(): Promise<{ last: StreamMessage | null; position: Position }> {
    let last = await this.#stream.last(this.#topic);
    if (last !== null) return { last, position: this.#stream.positionAt(last.sequence) };
    // What comes after the state was read is asked for again, so that it does not fall before the position.
    const { lastSequence } = await this.#stream.state();
    last = await this.#stream.last(this.#topic);
    return { last, position: this.#stream.positionAt(last?.sequence ?? lastSequence) };
  }

  /** The last ones: from segments that grow backwards, as a stream only leads forward. */
  async readLatest(last: StreamMessage | null): Promise<readonly StreamMessage[]> {
    const limit = Math.min(this.#question.limit, this.#maxMessages);
    if (last === null || limit === 0 || this.#isOld(last)) return [];
    let found: StreamMessage[] = [last];
    if (limit === 1) return found;
    const first = (await this.#stream.next(this.#topic, 1))?.sequence ?? last.sequence;
    let end = last.sequence;
    for (let width = limit * 2; found.length < limit && end > first; width *= 4) {
      const begin = Math.max(first, end - width);
      const segment = await this.#readRange(begin, end - 1, Number.POSITIVE_INFINITY);
      const young = segment.filter((message) => !this.#isOld(message));
      found = [...young, ...found];
      end = young.length < segment.length ? first : begin;
    }
    return found.slice(-limit);
  }

  /** The first ones after a position. */
  async readSince(
    since: Position,
    last: StreamMessage | null,
    position: Position,
  ): Promise<{ messages: readonly StreamMessage[]; isContinuous: boolean }> {
    const isSameEpoch = since.epoch === position.epoch;
    // Behind the end of the same history: the stream has lost what `since` was got from.
    if (
      isSameEpoch &&
      since.offset > position.offset &&
      since.offset > (await this.#stream.state()).lastSequence
    ) {
      await this.#stream.refresh();
      return { messages: [], isContinuous: false };
    }
    if (isSameEpoch && since.offset >= position.offset) return { messages: [], isContinuous: true };
    const from = isSameEpoch ? since.offset + 1 : 1;
    const all = last === null ? [] : await this.#readRange(from, last.sequence, this.#question.limit);
    const { isWhole, spare } = await this.#judge(isSameEpoch ? since.offset : -1);
    const messages = all.filter((message) => !this.#isOld(message) && message.sequence !== spare);
    return { messages, isContinuous: isSameEpoch && isWhole && messages.length === all.length };
  }

  async #readRange(begin: number, end: number, limit: number): Promise<StreamMessage[]> {
    const messages: StreamMessage[] = [];
    for (let at = begin; at <= end && messages.length < limit; ) {
      const message = await this.#stream.next(this.#topic, at);
      if (message === null || message.sequence > end) break;
      messages.push(message);
      at = message.sequence + 1;
    }
    return messages;
  }

  /**
   * Whether no message of the topic that came after `offset` was removed from the stream, up to now; and the sequence of the
   * one that is kept only to prove that.
   */
  async #judge(offset: number): Promise<{ isWhole: boolean; spare: number | null }> {
    const first = await this.#stream.next(this.#topic, 1);
    if (first !== null && first.sequence <= offset) return { isWhole: true, spare: null };
    const count = first === null ? 0 : await this.#stream.count(this.#topic);
    if (first !== null && count > this.#maxMessages) return { isWhole: false, spare: first.sequence };
    const { known } = this.#question;
    if (known !== null && known <= offset) return { isWhole: true, spare: null };
    // Read last: what was not removed until now was not removed before.
    const { firstSequence } = await this.#stream.state();
    return { isWhole: firstSequence <= offset + 1, spare: null };
  }

  #isOld(message: StreamMessage): boolean {
    return message.storedAt < this.#oldest;
  }
}
