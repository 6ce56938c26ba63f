import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { ConnectionState } from './connection.js';
import { readTarget, shortAddress, type Target } from './target.js';

interface Props {
  readonly connection: ConnectionState;
  readonly firstAddress: string;
  readonly onConnect: (target: Target) => void;
}

/** Address and subprotocols. Connecting to where the page already is reads as reconnecting. */
export function ConnectForm({ connection, firstAddress, onConnect }: Props): JSX.Element {
  const [address, setAddress] = useState(firstAddress);
  const [subprotocols, setSubprotocols] = useState('');
  const [isTried, setIsTried] = useState(false);
  const verdict = readTarget(address, subprotocols, location.href);
  const fault = isTried && verdict.type === 'invalid' ? verdict : undefined;

  useEffect(() => setIsTried(false), [address, subprotocols]);

  const submit = (event: Event) => {
    event.preventDefault();
    setIsTried(true);
    if (verdict.type === 'invalid') return;
    setAddress(shortAddress(verdict.target.url, location.href));
    onConnect(verdict.target);
  };

  return (
    <form class="connect" onSubmit={submit} noValidate>
      <label class="field connect-address">
        <span class="field-name">Address</span>
        <input
          class="input mono"
          list="addresses"
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          inputMode="url"
          aria-invalid={fault?.field === 'url'}
          aria-describedby="connect-fault"
        />
      </label>
      <datalist id="addresses">
        <option value="/echo">sends every message back</option>
        <option value="/broadcast">sends every message to everyone on this path</option>
      </datalist>
      <label class="field connect-subprotocols">
        <span class="field-name">Subprotocols</span>
        <input
          class="input mono"
          value={subprotocols}
          onInput={(event) => setSubprotocols(event.currentTarget.value)}
          placeholder="none"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          aria-invalid={fault?.field === 'subprotocols'}
          aria-describedby="connect-fault"
        />
      </label>
      <button class="button primary connect-button" type="submit">
        {isSameTarget(connection, verdict.type === 'target' ? verdict.target : undefined)
          ? 'Reconnect'
          : 'Connect'}
      </button>
      <p id="connect-fault" class="fault connect-fault" role="alert">
        {fault?.words}
      </p>
    </form>
  );
}

function isSameTarget(connection: ConnectionState, target: Target | undefined): boolean {
  if (connection.type === 'idle' || target === undefined) return false;
  const { url, subprotocols } = connection.target;
  return url === target.url && subprotocols.join() === target.subprotocols.join();
}
