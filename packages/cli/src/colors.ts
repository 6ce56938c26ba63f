import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a terminal that shows them, and none for anything else or when NO_COLOR asks for none. */
export function colorsFor(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): Colors {
  const { NO_COLOR: noColor = '', TERM: terminal = '' } = environment;
  return picocolors.createColors(stream.isTTY === true && noColor === '' && terminal !== 'dumb');
}
