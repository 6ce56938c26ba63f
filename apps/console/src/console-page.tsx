import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { CloseForm } from './close-form.js';
import { Composer } from './composer.js';
import { ConnectForm } from './connect-form.js';
import { isOpen } from './connection.js';
import { FramePanel } from './frame-panel.js';
import { RoundTripPanel } from './round-trip-panel.js';
import type { Session } from './session.js';
import { StatePanel } from './state-panel.js';
import { isOwnEcho, readTarget, type Target } from './target.js';
import { currentTheme, type Theme, watchSystemTheme } from './theme.js';
import { ThemeToggle } from './theme-toggle.js';
import { TrafficPanel } from './traffic-panel.js';
import { useSession } from './use-session.js';

/** The whole page. It connects to `/echo` of its own host as soon as it is shown. */
export function ConsolePage({ session }: { readonly session: Session }): JSX.Element {
  const snapshot = useSession(session);
  const [theme, setTheme] = useTheme();
  const lastTarget = useRef<Target | undefined>(undefined);

  const connect = useCallback(
    (target: Target) => {
      const isElsewhere = target.url !== lastTarget.current?.url;
      lastTarget.current = target;
      // Probing a server nobody asked us to probe would be rude: only our own echo is probed unasked.
      if (isElsewhere) session.chooseProbe({ ...session.probe, isOn: isOwnEcho(target, location.href) });
      session.connect(target);
    },
    [session],
  );

  useEffect(() => {
    const verdict = readTarget(FIRST_ADDRESS, '', location.href);
    if (verdict.type === 'target') connect(verdict.target);
  }, [connect]);

  const { connection } = snapshot;
  return (
    <>
      <header class="bar">
        <h1 class="brand">
          <Mark />
          ieum <span class="brand-part">console</span>
        </h1>
        <ConnectForm connection={connection} firstAddress={FIRST_ADDRESS} onConnect={connect} />
        <ThemeToggle theme={theme} onChange={setTheme} />
      </header>
      <main class="board">
        <StatePanel connection={connection} nowMs={snapshot.nowMs} />
        <div class="conversation">
          <FramePanel log={snapshot.log} isOpen={isOpen(connection)} session={session} />
          <Composer isOpen={isOpen(connection)} onSend={(payload) => session.send(payload)} />
        </div>
        <div class="side">
          <RoundTripPanel
            roundTrips={snapshot.roundTrips}
            choice={snapshot.probe}
            isOpen={isOpen(connection)}
            theme={theme}
            onChoose={(choice) => session.chooseProbe(choice)}
          />
          <TrafficPanel traffic={snapshot.traffic} bufferedBytes={snapshot.bufferedBytes} />
          <CloseForm connection={connection} onClose={(request) => session.close(request)} />
        </div>
      </main>
    </>
  );
}

function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(currentTheme());
  useEffect(() => watchSystemTheme(setTheme), []);
  return [theme, setTheme];
}

function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 20" aria-hidden="true">
      <circle cx="11" cy="10" r="7.5" />
      <circle cx="21" cy="10" r="7.5" />
    </svg>
  );
}

const FIRST_ADDRESS = '/echo';
