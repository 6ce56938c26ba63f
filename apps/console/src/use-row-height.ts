import { useEffect, useMemo, useState } from 'preact/hooks';

/** The height of a row in the list; higher on a narrow page, where it takes two lines. */
export function useRowHeight(): number {
  const query = useMemo(() => matchMedia(NARROW_QUERY), []);
  const [isNarrow, setIsNarrow] = useState(query.matches);
  useEffect(() => {
    const listener = () => setIsNarrow(query.matches);
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  }, [query]);
  return isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
}

const NARROW_QUERY = '(max-width: 640px)';
const WIDE_ROW_PX = 26;
const NARROW_ROW_PX = 44;
