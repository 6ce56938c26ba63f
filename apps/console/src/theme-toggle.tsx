import type { JSX } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

import { chooseTheme, showTheme, type Theme } from './theme.js';

interface Props {
  readonly theme: Theme;
  readonly onChange: (theme: Theme) => void;
}

export function ThemeToggle({ theme, onChange }: Props): JSX.Element {
  useLayoutEffect(() => showTheme(theme), [theme]);
  const other = theme === 'dark' ? 'light' : 'dark';
  const toggle = () => {
    chooseTheme(other);
    onChange(other);
  };
  return (
    <button
      type="button"
      class="icon-button theme-toggle"
      onClick={toggle}
      aria-label={`Use the ${other} theme`}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}
