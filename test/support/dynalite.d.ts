declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface DynaliteOptions {
    /** How long a table is CREATING. Milliseconds. */
    readonly createTableMs?: number
  }

  export = createServer
  function createServer(options?: DynaliteOptions): Server
}
