/** What is measured beside ieum, with the types that their packages do not come with. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * @typedef {object} BufferUtil
 * @property {(payload: Buffer, key: Buffer) => void} unmask
 * @property {(payload: Buffer, key: Buffer, output: Buffer, at: number, byteCount: number) => void} mask
 *
 * @typedef {{ fin: boolean, rsv1: boolean, opcode: number, mask: boolean, readOnly: boolean }} FrameOptions
 * @typedef {{ frame(payload: Buffer, options: FrameOptions): Buffer[] }} SenderClass
 * @typedef {new (options: { isServer: boolean, maxPayload: number }) => import('node:stream').Writable} ReceiverClass
 */

/** @type {BufferUtil} */
export const bufferUtil = require('bufferutil');

/** @type {{ Sender: SenderClass, Receiver: ReceiverClass }} */
export const { Sender, Receiver } = require('ws');
