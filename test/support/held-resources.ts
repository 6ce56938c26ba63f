/** How many connections and listening sockets this process has open, at either end. */
export function openConnections(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)/.test(name)).length;
}
