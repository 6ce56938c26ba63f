import { describe, expect, it } from 'vitest';

import { HeaderFields } from './header-fields.js';
import { checkAnswer, checkOffer, formatAnswer, formatOffer, type Offer } from './negotiation.js';

const offer: Offer = {
  origin: 'https://a.example',
  subprotocols: ['chat', 'superchat'],
  extensions: [{ name: 'permessage-deflate', params: [['client_max_window_bits', true]] }],
};

describe('a negotiation without the Upgrade of HTTP/1.1 (RFC 8441 §5)', () => {
  it('carries an offer there and an answer back', () => {
    const received = checkOffer(new HeaderFields(formatOffer(offer)));
    expect(received).toEqual({ type: 'offer', offer });

    const answer = { subprotocol: 'chat', extensions: [{ name: 'permessage-deflate', params: [] }] };
    expect(checkAnswer(new HeaderFields(formatAnswer(offer, answer)), offer)).toEqual({
      type: 'accepted',
      ...answer,
    });
  });

  it('needs no key, no Upgrade and no Connection, and writes none', () => {
    const names = [...formatOffer(offer), ...formatAnswer(offer, {})].map(([name]) => name);
    expect(names).toEqual([
      'Sec-WebSocket-Version',
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
      'Origin',
    ]);
  });

  it('refuses another version by naming ours alone', () => {
    const received = checkOffer(new HeaderFields([['sec-websocket-version', '14']]));
    expect(received).toMatchObject({
      type: 'refused',
      refusal: { status: 426, headers: [['Sec-WebSocket-Version', '13']] },
    });
  });

  it('sends no field for what is not there', () => {
    const nothing = { origin: undefined, subprotocols: [], extensions: [] };
    expect(formatOffer(nothing)).toEqual([['Sec-WebSocket-Version', '13']]);
    expect(formatAnswer(nothing, { subprotocol: undefined, extensions: [] })).toEqual([]);
    expect(checkAnswer(new HeaderFields(), nothing)).toEqual({
      type: 'accepted',
      subprotocol: undefined,
      extensions: [],
    });
  });
});
