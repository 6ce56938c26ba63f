/// <reference types="node" preserve="true" />
export { atBoundary, type Chunker, coalesced, oneByte, random } from './chunker.js';
export { ConnectionPair, LinkEnd, type LinkOptions, link } from './connection-pair.js';
export { DuplexEnd, type DuplexPairOptions, duplexPair } from './duplex-pair.js';
export { FakeClock } from './fake-clock.js';
export { type DecodedFrame, decodeFrames, pullEvents, receiveBytes, takeBytes } from './pull.js';
export { type SeededRandom, seededRandom } from './seeded-random.js';
