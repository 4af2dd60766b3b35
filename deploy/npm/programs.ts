/** The command line, and the programs of the threads that it starts, which it finds beside itself. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  'flux-relay': 'bin/flux-relay.ts',
  'database-thread': 'adapters/sqlite/database-thread.ts',
  'config-thread': 'hosts/embedded/configurations/config-thread.ts',
}
