export type Theme = 'light' | 'dark';

/** The theme to draw: what the person chose here before, else what the system prefers. */
export function currentTheme(): Theme {
  const stored = readStored();
  return stored ?? systemTheme();
}

/** Puts the theme on the document and remembers it; the system's own preference is not worth remembering. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  try {
    if (theme === systemTheme()) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Storage can be forbidden; the choice then lasts as long as the page.
  }
}

export function showTheme(theme: Theme): void {
  document.documentElement.setAttribute('data-theme', theme);
}

/** Calls `handle` when the system's preference changes and no choice was remembered. */
export function watchSystemTheme(handle: (theme: Theme) => void): () => void {
  const query = matchMedia(DARK_QUERY);
  const listener = () => {
    if (readStored() === undefined) handle(systemTheme());
  };
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

function systemTheme(): Theme {
  return matchMedia(DARK_QUERY).matches ? 'dark' : 'light';
}

function readStored(): Theme | undefined {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}

const STORAGE_KEY = 'ieum-console-theme';
const DARK_QUERY = '(prefers-color-scheme: dark)';
