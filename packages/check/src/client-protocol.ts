/**
 * How a client under judgement and the tester talk. The client connects to `/cases` and gets one text message, the ids of
 * all cases as a JSON list. It then connects once to `/case/<id>?agent=<name>` for each, sends every message back as the
 * type it came as until the connection is closed, and takes a failed opening handshake as the end of the case. At last it
 * connects to `/done?agent=<name>`.
 */
export type ClientPath =
  | { readonly type: 'cases' }
  | { readonly type: 'case'; readonly id: string; readonly agent: string | null }
  | { readonly type: 'done'; readonly agent: string | null };

/** What a client asks for; null when the protocol has no such path. */
export function parseClientPath(target: string): ClientPath | null {
  const [path = '', query = ''] = target.split('?', 2);
  const agent = new URLSearchParams(query).get('agent')?.slice(0, maxAgentLength) ?? null;
  if (path === '/cases') return { type: 'cases' };
  if (path === '/done') return { type: 'done', agent };
  if (!path.startsWith('/case/')) return null;
  try {
    return { type: 'case', id: decodeURIComponent(path.slice('/case/'.length)), agent };
  } catch {
    return null;
  }
}

/** The path of a case, for client drivers. */
export function casePath(id: string, agent: string): string {
  return `/case/${id}?agent=${encodeURIComponent(agent)}`;
}

const maxAgentLength = 100;
