import type { Command } from 'commander';
import type { CloseRecord } from 'ieum';

import { colorsFor } from './colors.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { explainFailure } from './connect-failure.js';
import { addConnectFlags, type ConnectFlags, connectOptionsFrom } from './connect-options.js';
import { ConnectSession } from './connect-session.js';
import { exitStatusHelp, exitStatusOf } from './exit-status.js';
import { JsonView } from './json-view.js';
import { sendLines } from './line-input.js';
import { LineView } from './line-view.js';
import { Output } from './output.js';
import { Prompt } from './prompt.js';
import { noHistory, openPromptHistory } from './prompt-history.js';
import { PromptInput } from './prompt-input.js';
import type { SessionView } from './session-view.js';
import { TerminalView } from './terminal-view.js';

/** Declares `ieum connect`. */
export function addConnectCommand(program: Command): void {
  const command = program
    .command('connect')
    .description('Talk to a WebSocket server from the terminal, or from a script.')
    .argument('<url>', 'ws:// or wss:// address')
    .action(async (url: string, flags: ConnectFlags) => {
      process.exitCode = await talk(url, flags);
    });
  addConnectFlags(command).addHelpText('after', guide);
}

/** Runs one session and gives the exit status. */
async function talk(url: string, flags: ConnectFlags): Promise<number> {
  const options = await connectOptionsFrom(flags);
  const talker = createTalker(flags);
  if (flags.insecure) talker.view.told('warning: the certificate of the server is not verified (--insecure)');
  endOnSignals(talker.session);
  try {
    const record = await talker.session.run(url, options, talker.begin);
    return talker.exitStatus(record);
  } catch (error) {
    const explained = explainFailure(error, url);
    if (explained instanceof CommandFailure) talker.view.failed(explained.message);
    throw explained;
  }
}

/** A session with its view and its input. */
interface Talker {
  readonly session: ConnectSession;
  readonly view: SessionView;
  readonly begin: () => void;
  readonly exitStatus: (record: CloseRecord) => number;
}

function createTalker(flags: ConnectFlags): Talker {
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY && !flags.json;
  return isInteractive ? createTerminalTalker(flags) : createPipeTalker(flags);
}

function createTerminalTalker(flags: ConnectFlags): Talker {
  const colors = colorsFor(process.stdout);
  const history = flags.history ? openPromptHistory(process.env) : noHistory;
  const prompt = new Prompt({
    input: process.stdin,
    output: process.stdout,
    history,
    sign: colors.cyan('> '),
  });
  const view = new TerminalView(prompt, colors);
  const session = new ConnectSession(view);
  const input = new PromptInput(session, view, flags.binary === true);
  return { session, view, begin: () => prompt.start(input), exitStatus: exitStatusOf };
}

function createPipeTalker(flags: ConnectFlags): Talker {
  const output = new Output(process.stdout, () => session.end(1000));
  const diagnostics = new Output(process.stderr);
  const isTerminal = process.stdout.isTTY === true;
  const view = flags.json
    ? new JsonView(output, diagnostics)
    : new LineView({ output, diagnostics, isTerminal });
  const session = new ConnectSession(view);
  let badInput = false;
  const begin = (): void => {
    const lines = sendLines(session, process.stdin, { binary: flags.binary === true, waitMs: flags.wait });
    lines.then(
      (badLine) => {
        badInput = badLine !== null;
        if (badInput) view.told(`line ${badLine} of the input is not hexadecimal, as --binary wants it`);
      },
      (error: unknown) => {
        view.told(`the input cannot be read: ${String(error)}`);
        session.end(1000);
      },
    );
  };
  return {
    session,
    view,
    begin,
    exitStatus: (record) => (badInput ? ExitStatus.Usage : exitStatusOf(record)),
  };
}

/** The first signal closes in good order, a second one ends the process. */
function endOnSignals(session: ConnectSession): void {
  let isEnding = false;
  const handle = (closeCode: number, exitStatus: number) => (): void => {
    if (isEnding || !session.end(closeCode)) process.exit(exitStatus);
    isEnding = true;
  };
  process.on('SIGINT', handle(1000, ExitStatus.Interrupted));
  process.on('SIGTERM', handle(1001, ExitStatus.Terminated));
}

const guide = `
In a terminal it has a prompt: each line is sent as a text message, and what arrives is printed above it.
  /ping [payload]         send a Ping and show how long its Pong takes
  /binary <hex>           send a binary message
  /close [code] [reason]  close the connection
  //text                  send a line that begins with a slash
The last 500 lines are kept in $XDG_STATE_HOME/ieum/connect-history (~/.local/state), unless --no-history is given.

When standard input or output is no terminal, each line of the input is a message, and each message received is a line of
the output: text as it is, binary in hexadecimal; diagnostics go to standard error. At the end of the input it waits until
nothing was received for --wait seconds, then closes with 1000. Text may hold line feeds: --json keeps messages apart.

${exitStatusHelp}

Examples:
  ieum connect ws://127.0.0.1:8080/echo
  ieum connect wss://example.com/feed --header 'Authorization: Bearer ...' --subprotocol v1.feed
  echo hello | ieum connect ws://127.0.0.1:8080/echo
  ieum connect ws://127.0.0.1:8080/broadcast --json --wait forever < /dev/null | jq .data
  echo 00ff7e | ieum connect ws://127.0.0.1:8080/echo --binary`;
