/** Exit statuses that do not depend on a close code. */
export const ExitStatus = { Ok: 0, Failure: 1, Usage: 2, Interrupted: 130, Terminated: 143 } as const;

/** Why a command cannot do what it was asked for: its message is one line for people, with what to try. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitStatus: number;

  constructor(message: string, exitStatus: number = ExitStatus.Failure, options?: ErrorOptions) {
    super(message, options);
    this.exitStatus = exitStatus;
  }
}
