import { useEffect, useState } from 'preact/hooks';

import { type Draft, type DraftMode, readDraft } from './draft.js';
import type { Payload } from './payload.js';
import {
  EMPTY_HISTORY,
  rememberSent,
  type SendHistory,
  stepBack,
  stepForward,
  textAtCursor,
} from './send-history.js';
import type { StagedFile } from './use-file-drop.js';

export interface DraftControl {
  readonly draft: Draft;
  /** Why the last attempt came to nothing; empty when it did not. */
  readonly fault: string;
  readonly setFault: (words: string) => void;
  readonly setFile: (file: StagedFile | undefined) => void;
  readonly change: (text: string) => void;
  readonly choose: (mode: DraftMode) => void;
  /** Whether the message went out; what could not be sent stays as it is. */
  readonly send: (onSend: (payload: Payload) => boolean) => boolean;
  /** To an earlier message; `false` when there is none. */
  readonly goBack: () => boolean;
  /** To a later message, in the end to the draft; `false` when it is there already. */
  readonly goForward: () => boolean;
}

/** The message being written, and those sent before it. */
export function useDraft(isOpen: boolean): DraftControl {
  const [mode, setMode] = useState<DraftMode>('text');
  const [text, setText] = useState('');
  const [file, setFile] = useState<StagedFile>();
  const [fault, setFault] = useState('');
  const [history, setHistory] = useState<SendHistory>(EMPTY_HISTORY);
  const draft: Draft = { mode, text, file };

  useEffect(() => setFault(''), [isOpen]);

  const change = (value: string) => {
    setText(value);
    setFault('');
  };
  const choose = (next: DraftMode) => {
    setMode(next);
    setFile(undefined);
    setFault('');
  };
  const send = (onSend: (payload: Payload) => boolean) => {
    const verdict = readDraft(draft);
    const isSent = verdict.type === 'payload' && onSend(verdict.payload);
    setFault(isSent ? '' : verdict.type === 'invalid' ? verdict.words : NOT_CONNECTED);
    if (!isSent) return false;
    if (file === undefined) setHistory(rememberSent(history, text));
    if (file === undefined) setText('');
    setFile(undefined);
    return true;
  };
  const step = (next: SendHistory) => {
    setHistory(next);
    change(textAtCursor(next));
    return true;
  };
  const goBack = () => history.cursor > 0 && step(stepBack(history, text));
  const goForward = () => history.cursor < history.entries.length && step(stepForward(history));

  return { draft, fault, setFault, setFile, change, choose, send, goBack, goForward };
}

const NOT_CONNECTED = 'Not connected, so nothing was sent. Your message stays here: reconnect first.';
