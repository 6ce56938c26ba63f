/** The prefix of the variables that stand for flags. */
export const settingPrefix = 'IEUM_';

/** Removes settings that are set to nothing, as containers pass on variables that nobody set. */
export function forgetEmptySettings(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(settingPrefix) && value === '') delete environment[name];
  }
}
