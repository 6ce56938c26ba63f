import type { InputHTMLAttributes, JSX } from 'preact';
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
      <ConnectField
        name="Address"
        part="connect-address"
        value={address}
        onChange={setAddress}
        isInvalid={fault?.field === 'url'}
        attributes={{ list: 'addresses', inputMode: 'url' }}
      />
      <datalist id="addresses">
        <option value="/echo">sends every message back</option>
        <option value="/broadcast">sends every message to everyone on this path</option>
      </datalist>
      <ConnectField
        name="Subprotocols"
        part="connect-subprotocols"
        value={subprotocols}
        onChange={setSubprotocols}
        isInvalid={fault?.field === 'subprotocols'}
        attributes={{ placeholder: 'none' }}
      />
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

interface FieldProps {
  readonly name: string;
  readonly part: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isInvalid: boolean;
  readonly attributes: InputHTMLAttributes<HTMLInputElement>;
}

function ConnectField({ name, part, value, onChange, isInvalid, attributes }: FieldProps): JSX.Element {
  return (
    <label class={`field ${part}`}>
      <span class="field-name">{name}</span>
      <input
        class="input mono"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-invalid={isInvalid}
        aria-describedby="connect-fault"
        {...attributes}
      />
    </label>
  );
}

function isSameTarget(connection: ConnectionState, target: Target | undefined): boolean {
  if (connection.type === 'idle' || target === undefined) return false;
  const { url, subprotocols } = connection.target;
  return url === target.url && subprotocols.join() === target.subprotocols.join();
}
