import type { JSX, RefObject, TargetedKeyboardEvent } from 'preact';

import type { DraftControl } from './use-draft.js';

interface Props {
  readonly control: DraftControl;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSubmit: () => void;
}

/** Where a message is typed. Enter sends; arrow keys at the first and last line go through what was sent. */
export function MessageField({ control, field, onSubmit }: Props): JSX.Element {
  const isText = control.draft.mode === 'text';
  const goThroughHistory = (key: string, area: HTMLTextAreaElement) =>
    (key === 'ArrowUp' && isOnFirstLine(area) && control.goBack()) ||
    (key === 'ArrowDown' && isOnLastLine(area) && control.goForward());
  const handleKey = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.isComposing) return;
    const { key, currentTarget: area } = event;
    if (key === 'Enter' && !event.shiftKey) onSubmit();
    else if (!goThroughHistory(key, area)) return;
    event.preventDefault();
  };

  return (
    <textarea
      ref={field}
      class="input mono composer-field"
      rows={2}
      aria-label={isText ? 'Message' : 'Bytes in hex'}
      aria-describedby="composer-note"
      aria-invalid={control.fault !== ''}
      placeholder={isText ? 'Type a message' : '48 65 6c 6c 6f'}
      spellcheck={false}
      autocapitalize="off"
      autocomplete="off"
      enterkeyhint="send"
      value={control.draft.text}
      onInput={(event) => control.change(event.currentTarget.value)}
      onKeyDown={handleKey}
    />
  );
}

function isOnFirstLine(field: HTMLTextAreaElement): boolean {
  return (
    field.selectionStart === field.selectionEnd && !field.value.slice(0, field.selectionStart).includes('\n')
  );
}

function isOnLastLine(field: HTMLTextAreaElement): boolean {
  return field.selectionStart === field.selectionEnd && !field.value.slice(field.selectionEnd).includes('\n');
}
