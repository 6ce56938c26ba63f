/** Transports whose responses bring frames to the client. */
export type ReceivingTransport = 'xhr' | 'xhr_streaming' | 'eventsource' | 'htmlfile' | 'jsonp';

/** How frames are written into the response of a transport. */
export interface FrameFormat {
  readonly contentType: string;
  /** Whether a response brings many frames; otherwise one, and the client comes again. */
  readonly isStream: boolean;
  /** What a response begins with, so that a browser shows it what follows at once. */
  readonly prelude: string;
  encode(frame: string): string;
}

/** By their names: which of them are told the name of a function to call. */
export const receivingTransports: Readonly<Record<ReceivingTransport, { readonly takesCallback: boolean }>> =
  {
    xhr: { takesCallback: false },
    xhr_streaming: { takesCallback: false },
    eventsource: { takesCallback: false },
    htmlfile: { takesCallback: true },
    jsonp: { takesCallback: true },
  };

/** Whether a name may be written into a script: a name with dots, and nothing that could be more than a name. */
export function isCallback(name: string): boolean {
  return callbackName.test(name);
}

/** @param callback for transports that call a function: one that `isCallback` */
export function formatOf(transport: ReceivingTransport, callback = ''): FrameFormat {
  switch (transport) {
    case 'xhr':
      return { contentType: javascript, isStream: false, prelude: '', encode: (frame) => `${frame}\n` };
    case 'xhr_streaming':
      return {
        contentType: javascript,
        isStream: true,
        prelude: `${'h'.repeat(preludeLength)}\n`,
        encode: (frame) => `${frame}\n`,
      };
    case 'eventsource':
      return {
        contentType: 'text/event-stream; charset=UTF-8',
        isStream: true,
        prelude: '\r\n',
        encode: (frame) => `data: ${frame}\r\n\r\n`,
      };
    case 'htmlfile':
      return {
        contentType: 'text/html; charset=UTF-8',
        isStream: true,
        prelude: htmlfileHead(callback),
        encode: (frame) => `<script>\np(${scriptString(frame)});\n</script>\r\n`,
      };
    case 'jsonp':
      return {
        contentType: javascript,
        isStream: false,
        prelude: '',
        encode: (frame) => `${callback}(${scriptString(frame)});\r\n`,
      };
  }
}

/** A frame as a string in a script. Nothing in it can end the script, whatever a message says. */
function scriptString(frame: string): string {
  return JSON.stringify(frame).replaceAll('<', '\\u003c');
}

/** Browsers show nothing of a page before they have read some of it. */
function htmlfileHead(callback: string): string {
  const head = `<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.${callback};
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>`;
  return `${head.padEnd(preludeLength)}\r\n\r\n`;
}

const javascript = 'application/javascript; charset=UTF-8';
const callbackName = /^[\w.-]{1,128}$/;
const preludeLength = 2048;
