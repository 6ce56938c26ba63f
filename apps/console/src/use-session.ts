import { useEffect, useState } from 'preact/hooks';

import type { Session, SessionSnapshot } from './session.js';

/** The session's newest snapshot; the component renders again when there is a newer one. */
export function useSession(session: Session): SessionSnapshot {
  const [snapshot, setSnapshot] = useState(session.snapshot());
  useEffect(() => session.subscribe(() => setSnapshot(session.snapshot())), [session]);
  return snapshot;
}
