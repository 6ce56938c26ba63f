import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { parseHex } from './hex.js';
import { type Payload, utf8Bytes } from './payload.js';
import { formatBytes } from './quantity.js';
import {
  EMPTY_HISTORY,
  rememberSent,
  type SendHistory,
  stepBack,
  stepForward,
  textAtCursor,
} from './send-history.js';
import { type StagedFile, useFileDrop } from './use-file-drop.js';

interface Props {
  readonly isOpen: boolean;
  /** `false` when there was no open connection to send on. */
  readonly onSend: (payload: Payload) => boolean;
}

type Mode = 'text' | 'hex';

/** Where messages are written: text, bytes as hex, or a file sent as one binary message. */
export function Composer({ isOpen, onSend }: Props): JSX.Element {
  const [mode, setMode] = useState<Mode>('text');
  const [text, setText] = useState('');
  const [file, setFile] = useState<StagedFile>();
  const [fault, setFault] = useState('');
  const [history, setHistory] = useState<SendHistory>(EMPTY_HISTORY);
  const field = useRef<HTMLTextAreaElement>(null);
  const { isOver, pick } = useFileDrop(setFile, setFault);

  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [file]);
  useEffect(() => setFault(''), [isOpen]);

  const change = (value: string) => {
    setText(value);
    setFault('');
  };
  const choose = (next: Mode) => {
    setMode(next);
    setFile(undefined);
    setFault('');
    field.current?.focus();
  };
  const submit = () => {
    const payload = file?.bytes ?? readPayload(mode, text);
    if (payload === undefined) return setFault(hexFault(text));
    if (!onSend(payload))
      return setFault('Not connected, so nothing was sent. Your message stays here: reconnect first.');
    setFault('');
    if (file === undefined) setHistory(rememberSent(history, text));
    if (file === undefined) setText('');
    setFile(undefined);
    field.current?.focus();
  };
  const step = (next: SendHistory) => {
    setHistory(next);
    change(textAtCursor(next));
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.isComposing || field.current === null) return;
    if (event.key === 'Enter' && !event.shiftKey) submit();
    else if (event.key === 'ArrowUp' && isOnFirstLine(field.current) && history.cursor > 0) {
      step(stepBack(history, text));
    } else if (
      event.key === 'ArrowDown' &&
      isOnLastLine(field.current) &&
      history.cursor < history.entries.length
    ) {
      step(stepForward(history));
    } else return;
    event.preventDefault();
  };

  return (
    <form
      class="panel composer"
      data-over={isOver}
      aria-label="Send a message"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-head">
        <fieldset class="segments" aria-label="Type of message">
          {modeButton('text', 'Text')}
          {modeButton('hex', 'Binary (hex)')}
          <label class="segment-file" data-on={file !== undefined}>
            File…
            <input type="file" onChange={(event) => pick(event.currentTarget)} />
          </label>
        </fieldset>
        <span class="note composer-size">{sizeNote(mode, text, file)}</span>
      </div>
      {file === undefined ? (
        <textarea
          ref={field}
          class="input mono composer-field"
          rows={2}
          aria-label={mode === 'text' ? 'Message' : 'Bytes in hex'}
          aria-describedby="composer-note"
          aria-invalid={fault !== ''}
          placeholder={mode === 'text' ? 'Type a message' : '48 65 6c 6c 6f'}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          enterkeyhint="send"
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={handleKey}
        />
      ) : (
        <div class="input composer-field composer-file">
          <span class="mono">{file.name}</span>
          <button type="button" class="link" onClick={() => setFile(undefined)}>
            Remove
          </button>
        </div>
      )}
      <button class="button primary composer-send" type="submit" aria-disabled={!isOpen}>
        Send
      </button>
      <p
        id="composer-note"
        class={fault === '' ? 'note composer-note' : 'fault composer-note'}
        role={fault === '' ? undefined : 'alert'}
      >
        {fault === '' ? hint(isOver) : fault}
      </p>
    </form>
  );

  function modeButton(name: Mode, words: string): JSX.Element {
    return (
      <button type="button" aria-pressed={mode === name && file === undefined} onClick={() => choose(name)}>
        {words}
      </button>
    );
  }
}

function readPayload(mode: Mode, text: string): Payload | undefined {
  if (mode === 'text') return text;
  const verdict = parseHex(text);
  return verdict.type === 'bytes' ? verdict.bytes : undefined;
}

function hexFault(text: string): string {
  const verdict = parseHex(text);
  return verdict.type === 'invalid' ? verdict.words : '';
}

function sizeNote(mode: Mode, text: string, file: StagedFile | undefined): string {
  if (file !== undefined) return `binary 0x2 · ${formatBytes(file.bytes.length)}`;
  if (mode === 'text') return `text 0x1 · ${formatBytes(utf8Bytes(text))}`;
  const verdict = parseHex(text);
  return verdict.type === 'bytes'
    ? `binary 0x2 · ${formatBytes(verdict.bytes.length)}`
    : 'binary 0x2 · not yet hex';
}

function hint(isOver: boolean): string {
  return isOver
    ? 'Drop the file to make it one binary message.'
    : 'Enter sends · Shift+Enter new line · ↑ earlier messages · a dropped file becomes one binary message';
}

function isOnFirstLine(field: HTMLTextAreaElement): boolean {
  return (
    field.selectionStart === field.selectionEnd && !field.value.slice(0, field.selectionStart).includes('\n')
  );
}

function isOnLastLine(field: HTMLTextAreaElement): boolean {
  return field.selectionStart === field.selectionEnd && !field.value.slice(field.selectionEnd).includes('\n');
}
