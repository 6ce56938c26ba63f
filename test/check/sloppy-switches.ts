/** The rules that a sloppy peer breaks, by the names of their switches. */
export type Breaks = ReadonlySet<string>;

/** A rule to break, and the case that has to notice, for each kind of peer that can break it. */
export interface Switch {
  readonly name: string;
  readonly server?: string;
  readonly client?: string;
}

/** Frames, masks, control frames, fragments. */
const frameSwitches: readonly Switch[] = [
  both('accepts-wrong-masking', 'masking/against-the-role/text'),
  both('masks-wrongly', 'masking/by-peer/message'),
  { name: 'masks-with-one-key', client: 'masking/by-client/fresh-keys' },
  both('accepts-reserved-bits', 'reserved/bits/rsv2-text'),
  both('sends-reserved-bits', 'framing/text/1-bytes'),
  both('accepts-reserved-opcodes', 'reserved/opcode/3-empty'),
  both('accepts-long-length-forms', 'framing/length/125-in-16-bits'),
  both('writes-long-lengths', 'framing/binary/2-bytes'),
  both('accepts-length-top-bit', 'framing/length/top-bit-and-five-bytes'),
  both('wrong-code-for-too-big', 'framing/length/announced-2-to-53'),
  both('accepts-long-control', 'control-frames/ping/126-bytes'),
  both('accepts-fragmented-control', 'fragmentation/fragmented-control/ping-alone-frame-by-frame'),
  both('sends-no-pong', 'control-frames/ping/5-bytes'),
  both('pong-without-payload', 'control-frames/ping/5-bytes'),
  both('pong-cut', 'control-frames/ping/125-bytes'),
  both('fragments-pongs', 'control-frames/ping/0-bytes'),
  both('accepts-stray-continuation', 'fragmentation/nothing-to-continue/final-one-segment'),
  both('accepts-message-inside', 'fragmentation/new-message-inside/text-in-text-one-segment'),
  both('drops-empty-messages', 'framing/text/0-bytes'),
  both('drops-fragmented-messages', 'fragmentation/two-fragments/text-one-segment'),
  both('cuts-at-64-kib', 'framing/binary/65536-bytes'),
  both('echoes-text-as-binary', 'echo/payload/json'),
  both('resets-on-failure', 'reserved/bits/rsv1-text'),
  both('fails-without-close', 'reserved/bits/rsv1-text'),
  both('fails-with-1000', 'reserved/bits/rsv1-text'),
];

/** UTF-8 and the closing handshake. */
const closingSwitches: readonly Switch[] = [
  both('accepts-invalid-utf8', 'utf8/invalid/overlong/c0-af'),
  both('checks-utf8-late', 'utf8/early/never-fragment'),
  both('checks-utf8-by-fragment', 'utf8/valid-cut/kosme-fragments-of-1'),
  both('accepts-close-of-1-byte', 'closing/payload/1-byte'),
  both('accepts-any-close-code', 'closing/code/1006'),
  both('accepts-invalid-close-reason', 'closing/reason/overlong/c0-af'),
  both('closes-without-close', 'closing/code/1000'),
  both('ignores-close', 'closing/code/1000'),
  both('answers-another-code', 'closing/code/3000'),
  both('answers-close-with-1005', 'closing/code/1000'),
  both('goes-on-behind-close', 'closing/behind-close/text-one-segment'),
  server('keeps-connection-open', 'transport/behind-close/message'),
  { name: 'client-ends-first', client: 'closing/transport/client-waits-for-server' },
];

/** The opening handshake of a server: what it accepts, and what it answers. */
const serverOpeningSwitches: readonly Switch[] = [
  server('accepts-any-method', 'opening-request/method/post'),
  server('accepts-http-1.0', 'opening-request/http-version/1.0'),
  server('accepts-any-target', 'opening-request/target/authority'),
  server('knows-no-absolute-target', 'opening-request/target/absolute'),
  server('accepts-no-host', 'opening-request/host/missing'),
  server('accepts-two-hosts', 'opening-request/host/doubled'),
  server('accepts-bad-hosts', 'opening-request/host/path'),
  server('accepts-no-upgrade', 'opening-request/upgrade/other'),
  server('upgrade-case-sensitive', 'opening-request/upgrade/mixed-case'),
  server('upgrade-whole-value', 'opening-request/upgrade/list-first'),
  server('accepts-no-connection', 'opening-request/connection/keep-alive'),
  server('connection-whole-value', 'opening-request/connection/keep-alive-before'),
  server('names-case-sensitive', 'opening-request/connection/upper-case-name'),
  server('accepts-two-versions', 'opening-request/version/doubled'),
  server('accepts-any-version', 'opening-request/version/12'),
  server('refuses-without-version', 'opening-request/version/14'),
  server('refuses-without-upgrade', 'opening-request/version/14'),
  server('accepts-no-key', 'opening-request/key/empty'),
  server('accepts-two-keys', 'opening-request/key/doubled'),
  server('accepts-bad-keys', 'opening-request/key/bytes-15'),
  server('accepts-spaced-names', 'opening-request/lines/space-before-colon'),
  server('accepts-bad-names', 'opening-request/lines/space-within-name'),
  server('takes-bodies-for-frames', 'opening-request/body/content-length'),
  server('accepts-bad-content-length', 'opening-request/body/content-length-letters'),
  server('needs-request-in-one-segment', 'opening-request/segments/dribbled'),
  server('sends-wrong-accept', 'opening-response/own/accept-of-sample'),
  server('sends-no-accept', 'opening-response/own/accept-of-sample'),
  server('sends-accept-twice', 'opening-response/own/accept-of-sample'),
  server('answers-200', 'opening-response/own/status-line'),
  server('sends-no-upgrade', 'opening-response/own/upgrade'),
  server('sends-no-connection', 'opening-response/own/connection'),
  server('sends-content-length', 'opening-response/own/no-content-length'),
  server('reflects-request', 'opening-response/own/nothing-reflected'),
  server('grants-unasked-subprotocol', 'opening-response/own/no-subprotocol'),
  server('grants-unknown-extensions', 'negotiation/extensions/unknown'),
  server('refuses-extensions', 'negotiation/extensions/unknown'),
];

/** The opening handshake of a client: what it asks for, and what it accepts. */
const clientOpeningSwitches: readonly Switch[] = [
  client('sends-post', 'opening-request/own/method'),
  client('sends-http-1.0', 'opening-request/own/http-version'),
  client('sends-no-host', 'opening-request/own/host'),
  client('asks-no-upgrade', 'opening-request/own/upgrade'),
  client('asks-no-connection', 'opening-request/own/connection'),
  client('sends-short-key', 'opening-request/own/key'),
  client('sends-known-key', 'opening-request/own/key-is-random'),
  client('sends-no-version', 'opening-request/own/version'),
  client('sends-before-response', 'opening-request/own/waits'),
  client('asks-twice-for-subprotocol', 'opening-request/own/subprotocols'),
  client('offers-malformed', 'negotiation/answers/offer-well-formed'),
  client('accepts-any-status', 'opening-response/status/200-as-101'),
  client('accepts-any-upgrade', 'opening-response/fields/upgrade-missing'),
  client('accepts-any-connection', 'opening-response/fields/connection-missing'),
  client('accepts-no-accept', 'opening-response/fields/accept-missing'),
  client('accepts-any-accept', 'opening-response/fields/accept-of-sample'),
  client('accept-case-insensitive', 'opening-response/fields/accept-lower-case'),
  client('takes-first-accept', 'opening-response/fields/accept-wrong-behind'),
  client('names-case-sensitive', 'opening-response/fields/lower-case-names'),
  client('knows-no-interim', 'opening-response/interim/100'),
  client('needs-response-in-one-segment', 'opening-response/segments/dribbled'),
  client('drops-what-follows-head', 'opening-response/segments/message-behind'),
  client('accepts-any-subprotocol', 'negotiation/answers/subprotocol-unasked'),
  client('accepts-any-extension', 'negotiation/answers/extension-unasked'),
  client('accepts-malformed-extensions', 'negotiation/answers/extension-malformed'),
];

/** permessage-deflate: its negotiation and its data. */
const deflateSwitches: readonly Switch[] = [
  {
    name: 'accepts-unknown-parameters',
    server: 'deflate/bad-offers/unknown',
    client: 'deflate/bad-answers/unknown',
  },
  {
    name: 'accepts-repeated-parameters',
    server: 'deflate/bad-offers/server-takeover-twice',
    client: 'deflate/bad-answers/server-takeover-twice',
  },
  {
    name: 'accepts-flag-values',
    server: 'deflate/bad-offers/client-takeover-value',
    client: 'deflate/bad-answers/client-takeover-value',
  },
  {
    name: 'accepts-any-bits',
    server: 'deflate/bad-offers/server-bits-010',
    client: 'deflate/bad-answers/server-bits-08',
  },
  server('refuses-bad-offers', 'deflate/bad-offers/unknown'),
  server('answers-without-no-takeover', 'deflate/offers/server-no-takeover'),
  server('answers-without-bits', 'deflate/offers/server-bits-10'),
  server('answers-client-bits-unasked', 'deflate/offers/plain'),
  server('answers-unknown-parameter', 'deflate/offers/plain'),
  client('accepts-bits-without-value', 'deflate/bad-answers/client-bits-no-value'),
  client('accepts-more-extensions', 'deflate/bad-answers/other-extension-too'),
  both('keeps-window-in-spite', 'deflate/takeover/tester-only-same'),
  both('forgets-window', 'deflate/takeover/both-same'),
  both('exceeds-window', 'deflate/window/peer-10'),
  both('compresses-without-rsv1', 'deflate/sizes/text-1024'),
  both('sets-rsv1-on-plain', 'deflate/messages/uncompressed'),
  both('keeps-deflate-tail', 'deflate/sizes/text-1024'),
  both('accepts-rsv1-continuation', 'deflate/reserved-bits/rsv1-second-only'),
  both('accepts-rsv1-control', 'deflate/reserved-bits/rsv1-ping'),
  both('accepts-invalid-deflate', 'deflate/invalid/reserved-type'),
  both('wrong-code-for-invalid-deflate', 'deflate/invalid/reserved-type'),
  both('accepts-truncated-deflate', 'deflate/invalid/truncated'),
  both('accepts-invalid-utf8-inflated', 'deflate/invalid/utf8-invalid'),
  both('stops-at-final-block', 'deflate/blocks/final-then-more'),
  both('wrong-code-for-bombs', 'bombs/1-gib'),
];

/** Every rule that a sloppy peer can be told to break. */
export const switches: readonly Switch[] = [
  ...frameSwitches,
  ...closingSwitches,
  ...serverOpeningSwitches,
  ...clientOpeningSwitches,
  ...deflateSwitches,
];

function both(name: string, caughtBy: string): Switch {
  return { name, server: caughtBy, client: caughtBy };
}

function server(name: string, caughtBy: string): Switch {
  return { name, server: caughtBy };
}

function client(name: string, caughtBy: string): Switch {
  return { name, client: caughtBy };
}
