import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { type Draft, type DraftMode, draftSize } from './draft.js';
import { MessageField } from './message-field.js';
import type { Payload } from './payload.js';
import { useDraft } from './use-draft.js';
import { useFileDrop } from './use-file-drop.js';

interface Props {
  readonly isOpen: boolean;
  /** `false` when there was no open connection to send on. */
  readonly onSend: (payload: Payload) => boolean;
}

/** Where messages are written: text, bytes as hex, or a file sent as one binary message. */
export function Composer({ isOpen, onSend }: Props): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const control = useDraft(isOpen);
  const { draft, fault } = control;
  const { isOver, pick } = useFileDrop(control.setFile, control.setFault);

  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [draft.file]);

  const choose = (mode: DraftMode) => {
    control.choose(mode);
    field.current?.focus();
  };
  const submit = () => {
    if (control.send(onSend)) field.current?.focus();
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
        <TypePicker draft={draft} onChoose={choose} onPick={pick} />
        <span class="note composer-size">{draftSize(draft)}</span>
      </div>
      {draft.file === undefined ? (
        <MessageField control={control} field={field} onSubmit={submit} />
      ) : (
        <StagedName name={draft.file.name} onRemove={() => control.setFile(undefined)} />
      )}
      <button class="button primary composer-send" type="submit" aria-disabled={!isOpen}>
        Send
      </button>
      <ComposerNote fault={fault} isOver={isOver} />
    </form>
  );
}

interface TypePickerProps {
  readonly draft: Draft;
  readonly onChoose: (mode: DraftMode) => void;
  readonly onPick: (field: HTMLInputElement) => void;
}

function TypePicker({ draft, onChoose, onPick }: TypePickerProps): JSX.Element {
  const hasFile = draft.file !== undefined;
  return (
    <fieldset class="segments" aria-label="Type of message">
      {MODES.map(([mode, words]) => (
        <button
          key={mode}
          type="button"
          aria-pressed={draft.mode === mode && !hasFile}
          onClick={() => onChoose(mode)}
        >
          {words}
        </button>
      ))}
      <label class="segment-file" data-on={hasFile}>
        File…
        <input type="file" onChange={(event) => onPick(event.currentTarget)} />
      </label>
    </fieldset>
  );
}

interface StagedNameProps {
  readonly name: string;
  readonly onRemove: () => void;
}

function StagedName({ name, onRemove }: StagedNameProps): JSX.Element {
  return (
    <div class="input composer-field composer-file">
      <span class="mono">{name}</span>
      <button type="button" class="link" onClick={onRemove}>
        Remove
      </button>
    </div>
  );
}

interface ComposerNoteProps {
  readonly fault: string;
  readonly isOver: boolean;
}

function ComposerNote({ fault, isOver }: ComposerNoteProps): JSX.Element {
  return (
    <p
      id="composer-note"
      class={fault === '' ? 'note composer-note' : 'fault composer-note'}
      role={fault === '' ? undefined : 'alert'}
    >
      {fault === '' ? hint(isOver) : fault}
    </p>
  );
}

function hint(isOver: boolean): string {
  return isOver
    ? 'Drop the file to make it one binary message.'
    : 'Enter sends · Shift+Enter new line · ↑ earlier messages · a dropped file becomes one binary message';
}

const MODES: readonly (readonly [mode: DraftMode, words: string])[] = [
  ['text', 'Text'],
  ['hex', 'Binary (hex)'],
];
