import type { CloseRecord, Message, Peer } from 'ieum';

import { formatByteSize } from './byte-size.js';
import { describeClose } from './close-words.js';
import type { Colors } from './colors.js';
import { hexDump } from './hex.js';
import { describeOpening } from './opening-words.js';
import type { Prompt } from './prompt.js';
import { promptHelp } from './prompt-line.js';
import type { SessionView } from './session-view.js';
import { visible } from './visible-text.js';

/** What happens, above the prompt of a terminal. Nothing of the peer's reaches the terminal unescaped. */
export class TerminalView implements SessionView {
  readonly #prompt: Prompt;
  readonly #colors: Colors;

  constructor(prompt: Prompt, colors: Colors) {
    this.#prompt = prompt;
    this.#colors = colors;
  }

  opened(peer: Peer<undefined>): void {
    const { green, dim } = this.#colors;
    this.#prompt.print(green(describeOpening(peer)));
    this.#prompt.print(dim('lines are sent as messages; /help lists the commands, Ctrl-C closes'));
  }

  received(message: Message): void {
    const lines = message.type === 'text' ? this.#textLines(message.data) : this.#binaryLines(message.data);
    const isInline = message.type === 'text' && lines.length === 1;
    const head = this.#head('←', `${message.type} ${formatByteSize(message.bytes.length)}`);
    this.#prompt.print(isInline ? `${head}  ${lines[0]}` : [head, ...lines].join('\n'));
  }

  sent(): void {}

  pinged(payload: Uint8Array): void {
    this.#prompt.print(this.#head('←', `ping${this.#payloadWords(payload)}, answered`));
  }

  ponged(payload: Uint8Array, roundTripMs: number | null): void {
    const time = roundTripMs === null ? 'nobody asked for it' : `round trip ${roundTripMs.toFixed(1)} ms`;
    this.#prompt.print(this.#head('←', `pong${this.#payloadWords(payload)}, ${time}`));
  }

  told(problem: string): void {
    this.#prompt.print(this.#colors.yellow(visible(problem)));
  }

  help(): void {
    this.#prompt.print(promptHelp.map((line) => this.#colors.dim(line)).join('\n'));
  }

  closed(record: CloseRecord): void {
    const color = record.wasClean && record.code === 1000 ? this.#colors.green : this.#colors.yellow;
    this.#prompt.stop();
    this.#prompt.print(color(describeClose(record)));
  }

  failed(): void {}

  #head(arrow: string, words: string): string {
    const { green, dim } = this.#colors;
    return `${green(arrow)} ${dim(`${timeOfDay(new Date())} ${words}`)}`;
  }

  #payloadWords(payload: Uint8Array): string {
    return payload.length === 0 ? '' : ` "${visible(Buffer.from(payload).toString('utf8'))}"`;
  }

  #textLines(text: string): string[] {
    const shown = text.slice(0, maxTextLength);
    const lines = shown.split('\n').map((line) => visible(line, this.#colors.inverse));
    const { dim } = this.#colors;
    const rest = text.length - shown.length;
    if (rest > 0) lines.push(dim(`${rest} more characters: --json shows all`));
    // No line of a message can pass for one of ours.
    return lines.length === 1 ? lines : lines.map((line) => `  ${dim('│')} ${line}`);
  }

  #binaryLines(bytes: Uint8Array): string[] {
    const { dim } = this.#colors;
    const lines = hexDump(bytes.subarray(0, maxDumpBytes)).map((line) => `  ${line}`);
    const rest = bytes.length - maxDumpBytes;
    if (rest > 0) lines.push(dim(`  ${formatByteSize(rest)} more: --json shows all`));
    return lines;
  }
}

function timeOfDay(date: Date): string {
  const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(':');
  return `${time}.${pad(date.getMilliseconds(), 3)}`;
}

const maxTextLength = 16 * 1024;
const maxDumpBytes = 1024;
