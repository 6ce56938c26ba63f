import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';
import { describeEvent, type WireEvent } from '../wire/wire-event.js';

import { expectAnswers } from './answers.js';
import { type Delivery, deliver, deliveries, deliveryWords } from './delivery.js';
import { ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { hasMetLimit } from './limit-of-peer.js';
import { asciiOf, bytesOf, inWords } from './payloads.js';

/** Pings and Pongs that are right, one by one and many at a time. */
export function controlFrameCases(): readonly Case[] {
  return casesOf('control-frames', [
    ...pingRows().map(answeredPing),
    ...pingInPieces(125),
    ...unsolicitedPongs(),
    ...deliveries.map(tenPings),
    ...manyPings(),
    ...besideMessages(),
  ]);
}

function pingRows(): { name: string; what: string; payload: Uint8Array }[] {
  return [
    ...[0, 1, 2, 5, 64, 124, 125].map((length) => ({
      name: `${length}-bytes`,
      what: `${length} bytes of text`,
      payload: asciiOf(length),
    })),
    { name: 'binary', what: '125 bytes of every kind', payload: bytesOf(125) },
    { name: 'not-utf-8', what: '125 times FF, which is no UTF-8', payload: Buffer.alloc(125, 0xff) },
    { name: 'nulls', what: '8 zero bytes', payload: Buffer.alloc(8) },
  ];
}

function answeredPing({ name, what, payload }: ReturnType<typeof pingRows>[number]): GroupedCase {
  return {
    name: `ping/${name}`,
    title: `a Ping with ${what}`,
    clause: 'RFC 6455 §5.5.2, §5.5.3',
    sends: `a Ping with ${what}`,
    expects: 'a Pong with the same payload',
    run: async (wire) => {
      wire.sendPing(payload);
      await expectAnswers(wire, [{ type: 'pong', payload }]);
    },
  };
}

function pingInPieces(length: number): GroupedCase[] {
  return [1, 17].map((pieceBytes) => ({
    name: `ping/${length}-bytes-in-pieces-of-${pieceBytes}`,
    title: `a Ping with ${length} bytes, in pieces of ${pieceBytes}`,
    clause: 'RFC 6455 §5.5.2, §5.5.3',
    sends: `a Ping, ${pieceBytes} bytes at a time`,
    expects: 'a Pong with the same payload',
    run: async (wire) => {
      const payload = bytesOf(length);
      await wire.sendFrames([ping(payload)], { pieceBytes });
      await expectAnswers(wire, [{ type: 'pong', payload }]);
    },
  }));
}

function unsolicitedPongs(): GroupedCase[] {
  const clause = 'RFC 6455 §5.5.3: a response to an unsolicited Pong is not expected';
  const rows: { name: string; what: string; frames: readonly FrameToSend[] }[] = [
    { name: 'empty', what: 'an empty Pong', frames: [pong('')] },
    { name: 'payload', what: 'a Pong with a payload', frames: [pong('unasked')] },
    { name: '125-bytes', what: 'a Pong with 125 bytes', frames: [pong(bytesOf(125))] },
    { name: 'many', what: '1,000 Pongs', frames: Array.from({ length: 1_000 }, () => pong('unasked')) },
  ];
  return rows.flatMap(({ name, what, frames }) => [
    {
      name: `unsolicited-pong/${name}-then-ping`,
      title: `${what} that nobody asked for, and a Ping`,
      clause,
      sends: `${what}, then a Ping in the same segment`,
      expects: 'a Pong to the Ping, and nothing else',
      run: async (wire) => {
        await wire.sendFrames([...frames, ping('asked')]);
        await expectAnswers(wire, [{ type: 'pong', payload: 'asked' }]);
      },
    },
    {
      name: `unsolicited-pong/${name}-then-text`,
      title: `${what} that nobody asked for, and a message`,
      clause,
      sends: `${what}, then a text message`,
      expects: 'the message back, and nothing else',
      run: async (wire) => {
        await wire.sendFrames(frames);
        wire.sendMessage('text', 'Hello');
        const event = await wire.receiveEvent();
        if (event?.type !== 'message') return wire.fail('something else came in place of the message');
        wire.keepBack(event);
        await expectAnswers(wire, [{ type: 'text', payload: 'Hello' }]);
      },
    },
  ]);
}

function tenPings(delivery: Delivery): GroupedCase {
  return {
    name: `many-pings/ten-${delivery}`,
    title: `10 Pings, ${deliveryWords[delivery]}`,
    clause: 'RFC 6455 §5.5.3',
    sends: '10 Pings with payloads of their own',
    expects: 'Pongs in the order of the Pings; one for the last of several that came together is enough',
    run: async (wire) => {
      const payloads = Array.from({ length: 10 }, (_, index) => `ping ${index}`);
      await deliver(
        wire,
        payloads.map((payload) => ping(payload)),
        delivery,
      );
      const event = await takePongsInOrder(wire, payloads);
      if (event !== null) wire.fail(`${describeEvent(event)} came in place of Pongs`);
      await wire.expectCloseHandshake();
    },
  };
}

function manyPings(): GroupedCase[] {
  return [
    { count: 50, length: 8 },
    { count: 50, length: 125 },
    { count: 1_000, length: 8 },
    { count: 1_000, length: 125 },
    { count: 10_000, length: 8 },
  ].map(({ count, length }) => ({
    name: `many-pings/${count}-of-${length}-bytes`,
    title: `${inWords(count)} Pings of ${length} bytes in one go, and a message behind them`,
    clause: 'RFC 6455 §5.5.3',
    timeoutMs: 15_000,
    sends: 'numbered Pings, as fast as they go, then a text message',
    expects:
      count <= 50
        ? 'Pongs in the order of the Pings, that to the last among them, and the message back'
        : 'the same; refused with 1008, because of a limit, is told as info, ended without Close is non-strict',
    run: async (wire) => {
      const payloads = Array.from({ length: count }, (_, index) => `${index}`.padStart(length, '.'));
      await wire.sendFrames([...payloads.map((payload) => ping(payload)), text('behind')]);
      const event = await takePongsInOrder(wire, payloads);
      if (event !== null && count > 50 && (await hasMetLimit(wire, event))) return;
      if (event !== null) wire.fail(`${describeEvent(event)} came in place of Pongs`);
      await expectAnswers(wire, [{ type: 'text', payload: 'behind' }]);
    },
  }));
}

/**
 * Pongs may be left out for all but the most recent Ping, and never change places (RFC 6455 §5.5.3).
 *
 * @returns what ended the connection before the last one; null when all was right
 */
async function takePongsInOrder(wire: Wire, payloads: readonly string[]): Promise<WireEvent | null> {
  const places = new Map(payloads.map((payload, index) => [payload, index]));
  const messages: WireEvent[] = [];
  for (let last = -1; last < payloads.length - 1; ) {
    const event = await wire.receiveEvent();
    if (event === null) wire.fail(`no Pong came after that to Ping ${last + 1} of ${payloads.length}`);
    if (event.type === 'close' || event.type === 'end') return event;
    if (event.type === 'message') messages.push(event);
    if (event.type !== 'pong') continue;
    const place = places.get(event.payload.toString());
    if (place === undefined) wire.fail('a Pong has the payload of no Ping');
    if (place <= last) wire.fail(`the Pong to Ping ${place + 1} came after that to Ping ${last + 1}`);
    last = place;
  }
  for (const message of messages.reverse()) wire.keepBack(message);
  return null;
}

function besideMessages(): GroupedCase[] {
  return deliveries.flatMap((delivery) => [
    {
      name: `beside-messages/ping-between-${delivery}`,
      title: `a Ping between two messages, ${deliveryWords[delivery]}`,
      clause: 'RFC 6455 §5.5.2',
      sends: 'a text message, a Ping and another text message',
      expects: 'both messages back and a Pong',
      run: async (wire) => {
        await deliver(wire, [text('first'), ping('between'), text('second')], delivery);
        await expectAnswers(wire, [
          { type: 'text', payload: 'first' },
          { type: 'pong', payload: 'between' },
          { type: 'text', payload: 'second' },
        ]);
      },
    },
    {
      name: `beside-messages/pong-between-${delivery}`,
      title: `a Pong that nobody asked for between two messages, ${deliveryWords[delivery]}`,
      clause: 'RFC 6455 §5.5.3',
      sends: 'a text message, a Pong and another text message',
      expects: 'both messages back',
      run: async (wire) => {
        await deliver(wire, [text('first'), pong('between'), text('second')], delivery);
        await expectAnswers(wire, [
          { type: 'text', payload: 'first' },
          { type: 'text', payload: 'second' },
        ]);
      },
    },
  ]);
}
