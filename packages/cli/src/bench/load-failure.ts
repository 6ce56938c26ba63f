/** Why a load cannot go on: its message is one line for people. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}
