/**
 * JSON as applications send it: a list of events, with words, numbers and times that repeat as they do there. It is the same
 * for the same arguments, and different for every `index`.
 *
 * @param byteCount its exact size; below 32 bytes it is one string
 */
export function createJsonPayload(byteCount: number, index: number): Buffer {
  const next = numbersFrom(index);
  if (byteCount < 2) return Buffer.from('7'.repeat(byteCount));
  if (byteCount < shortestList) return Buffer.from(`"${proseOf(byteCount - 2, next)}"`);
  const events: string[] = [];
  let room = byteCount - frameOfList;
  for (let event = createEvent(next); event.length <= room; event = createEvent(next)) {
    events.push(event);
    room -= event.length + 1;
  }
  const list = events.join(',');
  const note = proseOf(byteCount - frameOfList - list.length, next);
  return Buffer.from(`${listStart}${list}${noteStart}${note}${listEnd}`);
}

function createEvent(next: (below: number) => number): string {
  return JSON.stringify({
    id: next(1_000_000),
    time: 1_700_000_000_000 + next(100_000_000),
    user: `${wordOf(next)}${next(1_000)}`,
    type: types[next(types.length)],
    price: next(1_000_000) / 100,
    tags: [wordOf(next), wordOf(next)],
    note: `${wordOf(next)} and ${wordOf(next)}`,
  });
}

function proseOf(byteCount: number, next: (below: number) => number): string {
  let text = '';
  while (text.length < byteCount) text += `${wordOf(next)} `;
  return text.slice(0, byteCount);
}

function wordOf(next: (below: number) => number): string {
  return words[next(words.length)] as string;
}

/** Numbers that look random and are the same each time. */
function numbersFrom(index: number): (below: number) => number {
  let state = ((index + 1) * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const listStart = '{"events":[';
const noteStart = '],"note":"';
const listEnd = '"}';
const frameOfList = listStart.length + noteStart.length + listEnd.length;
const shortestList = 32;
const types = ['order.placed', 'order.filled', 'price.moved', 'user.joined', 'user.left', 'message.sent'];
const words = [
  ...['amber', 'basket', 'candle', 'dune', 'ember', 'fjord', 'garden', 'hazel', 'island', 'juniper'],
  ...['kettle', 'lagoon', 'maple', 'nectar', 'opal', 'pebble', 'quill', 'ribbon', 'summit', 'thistle'],
];
