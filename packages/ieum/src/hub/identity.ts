/** Who a session belongs to. */
export interface Identity<User = unknown> {
  /** What tells users apart, the same on each of a user's connections; null for somebody without a name. */
  readonly name: string | null;
  /** What the application knows of them; `authorize` and handlers get it. */
  readonly user: User;
  /** What others learn of them where presence is on: anything that JSON can hold. */
  readonly info?: unknown;
  /** When their right to be here ends, in milliseconds since 1970. Default: never. */
  readonly expiresAtMs?: number;
}

/** The application itself, which has every right and is nobody's member. */
export const application: Identity<never> = Object.freeze({ name: null, user: undefined as never });
