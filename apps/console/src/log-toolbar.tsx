import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { FilterChoice } from './row-filter.js';

interface Props {
  readonly choice: FilterChoice;
  readonly onChoose: (choice: FilterChoice) => void;
  readonly withProbes: boolean;
  readonly onProbes: (withProbes: boolean) => void;
  readonly isPaused: boolean;
  readonly onPause: () => void;
  readonly onClear: () => void;
  readonly onCopy: () => Promise<boolean>;
}

export function LogToolbar(props: Props): JSX.Element {
  const { choice, onChoose } = props;
  return (
    <div class="toolbar">
      <input
        class="input small toolbar-filter"
        type="search"
        placeholder="Filter text or hex"
        aria-label="Filter the rows by text, or by hex for bytes"
        value={choice.text}
        onInput={(event) => onChoose({ ...choice, text: event.currentTarget.value })}
        spellcheck={false}
        autocomplete="off"
      />
      <select
        class="input small"
        aria-label="Direction"
        value={choice.direction}
        onChange={(event) => onChoose({ ...choice, direction: readDirection(event.currentTarget.value) })}
      >
        <option value="both">↑↓ both</option>
        <option value="sent">↑ sent</option>
        <option value="received">↓ received</option>
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={props.withProbes}
          onChange={(event) => props.onProbes(event.currentTarget.checked)}
        />
        Show probes
      </label>
      <span class="toolbar-actions">
        <button
          type="button"
          class="button small pause-button"
          data-on={props.isPaused}
          onClick={props.onPause}
        >
          {props.isPaused ? 'Resume' : 'Pause'}
        </button>
        <CopyButton name="Copy" onCopy={props.onCopy} />
        <button type="button" class="button small" onClick={props.onClear}>
          Clear
        </button>
      </span>
    </div>
  );
}

/** A button that says for a moment whether copying worked. Its width stays. */
export function CopyButton({
  name,
  onCopy,
}: {
  readonly name: string;
  readonly onCopy: () => Promise<boolean>;
}): JSX.Element {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), OUTCOME_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await onCopy()) ? 'copied' : 'failed');
  return (
    <button type="button" class="button small copy-button" onClick={copy}>
      <span aria-live="polite">{outcome === undefined ? name : OUTCOMES[outcome]}</span>
    </button>
  );
}

function readDirection(value: string): FilterChoice['direction'] {
  return value === 'sent' || value === 'received' ? value : 'both';
}

const OUTCOMES = { copied: 'Copied', failed: 'Denied' };
const OUTCOME_MS = 1_500;
