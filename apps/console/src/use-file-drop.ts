import { useEffect, useState } from 'preact/hooks';

import { formatBytes } from './quantity.js';

/** A file that waits to be sent as one binary message. */
export interface StagedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface FileDrop {
  readonly isOver: boolean;
  /** Takes the chosen file out of a file field and empties the field. */
  readonly pick: (field: HTMLInputElement) => void;
}

/** Takes files dropped anywhere on the page, so that a near miss does not replace the page by the file. */
export function useFileDrop(onFile: (file: StagedFile) => void, onFault: (words: string) => void): FileDrop {
  const [isOver, setIsOver] = useState(false);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MAX_FILE_BYTES) {
      const words = `${file.name} is ${formatBytes(file.size)}; one message takes at most ${formatBytes(MAX_FILE_BYTES)} here.`;
      return onFault(words);
    }
    try {
      onFile({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
      onFault('');
    } catch {
      onFault(`${file.name} could not be read. A folder cannot be sent.`);
    }
  };

  useEffect(() => {
    const listeners = new AbortController();
    const listen = (type: 'dragover' | 'dragleave' | 'drop', handle: (event: DragEvent) => void) =>
      window.addEventListener(type, handle, { signal: listeners.signal });
    listen('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setIsOver(true);
    });
    listen('dragleave', (event) => {
      if (event.relatedTarget === null) setIsOver(false);
    });
    listen('drop', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setIsOver(false);
      void take(event.dataTransfer.files[0]);
    });
    return () => listeners.abort();
  }, []);

  const pick = (field: HTMLInputElement) => {
    void take(field.files?.[0]);
    field.value = '';
  };
  return { isOver, pick };
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;
