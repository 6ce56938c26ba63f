/** The time of day, in milliseconds since 1970. */
export const timeOfDay = (): number => Date.now();

/** A name of 122 random bits: nobody can guess it, and no two are the same. */
export const randomId = (): string => crypto.randomUUID();
