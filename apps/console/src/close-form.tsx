import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { type CloseRequest, MAX_REASON_BYTES, readCloseRequest } from './close-request.js';
import type { ConnectionState } from './connection.js';
import { utf8Bytes } from './payload.js';

interface Props {
  readonly connection: ConnectionState;
  readonly onClose: (request: CloseRequest) => void;
}

/** Code and reason of the close frame to send; faults are told while typing. */
export function CloseForm({ connection, onClose }: Props): JSX.Element {
  const [code, setCode] = useState('1000');
  const [reason, setReason] = useState('');
  const verdict = readCloseRequest(code, reason);
  const fault = verdict.type === 'invalid' ? verdict : undefined;
  const canClose = connection.type === 'open' || connection.type === 'connecting';

  const submit = (event: Event) => {
    event.preventDefault();
    if (verdict.type === 'close') onClose(verdict.request);
  };

  return (
    <form class="panel close-form" onSubmit={submit} noValidate aria-label="Close the connection">
      <h2 class="panel-title">Close</h2>
      <label class="field close-code">
        <span class="field-name">Code</span>
        <input
          class="input mono"
          inputMode="numeric"
          maxLength={5}
          value={code}
          placeholder="none"
          onInput={(event) => setCode(event.currentTarget.value)}
          autocomplete="off"
          aria-invalid={fault?.field === 'code'}
          aria-describedby="close-note"
        />
      </label>
      <label class="field close-reason">
        <span class="field-name">Reason</span>
        <input
          class="input"
          value={reason}
          placeholder="none"
          onInput={(event) => setReason(event.currentTarget.value)}
          autocomplete="off"
          aria-invalid={fault?.field === 'reason'}
          aria-describedby="close-note"
        />
      </label>
      <button class="button" type="submit" disabled={!canClose || fault !== undefined}>
        Close
      </button>
      <p id="close-note" class={fault === undefined ? 'note close-note' : 'fault close-note'}>
        {fault?.words ?? `1000 or 3000–4999 · reason ${utf8Bytes(reason)} of ${MAX_REASON_BYTES} bytes`}
      </p>
    </form>
  );
}
