/**
 * What a client says and hears, by hand: no client library stands between the load and the server.
 *
 * @typedef {'ieum' | 'socket.io'} DialectName
 *
 * @typedef {object} Dialect
 * @property {string} path
 * @property {string | null} subprotocol
 * @property {string | null} hello said first; null where the server is the first to speak
 * @property {(data: string) => string} publication
 * @property {(text: string, isSubscriber: boolean) => Answer} answer to what is no delivery
 * @property {number} tailBytes what stands behind the data of a delivery
 *
 * @typedef {{ type: 'say', text: string } | { type: 'ready' } | { type: 'ignore' } | { type: 'surprise' }} Answer
 */

/** @type {Record<DialectName, Dialect>} */
export const dialects = {
  ieum: {
    path: '/hub',
    subprotocol: 'ieum.v1',
    hello: '{"type":"connect"}',
    publication: (data) => `{"type":"publish","topic":"room","format":"text","data":"${data}"}`,
    answer: answerIeum,
    tailBytes: '"}'.length,
  },
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    subprotocol: null,
    hello: null,
    publication: (data) => `42["publish","${data}"]`,
    answer: answerSocketIo,
    tailBytes: '"]'.length,
  },
};

/**
 * @param {string} text
 * @param {boolean} isSubscriber
 * @returns {Answer}
 */
function answerIeum(text, isSubscriber) {
  if (text.startsWith('{"type":"connected"')) {
    return isSubscriber ? say('{"type":"subscribe","id":1,"topic":"room"}') : READY;
  }
  return text.startsWith('{"type":"subscribed"') ? READY : SURPRISE;
}

/**
 * Packets of Engine.IO 4: `0` opens, `2` is a ping, `40` connects, `420` and `430` are an event with an id and its answer.
 *
 * @param {string} text
 * @param {boolean} isSubscriber
 * @returns {Answer}
 */
function answerSocketIo(text, isSubscriber) {
  if (text.startsWith('0')) return say('40');
  if (text === '2') return say('3');
  if (text.startsWith('40')) return isSubscriber ? say('420["subscribe"]') : READY;
  return text.startsWith('430') ? READY : SURPRISE;
}

/**
 * @param {string} text
 * @returns {Answer}
 */
function say(text) {
  return { type: 'say', text };
}

/** @type {Answer} */
const READY = { type: 'ready' };
/** @type {Answer} */
const SURPRISE = { type: 'surprise' };
