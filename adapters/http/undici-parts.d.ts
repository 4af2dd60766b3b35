// undici's entry point also loads fetch, WebSocket and caches: half of its import time, and unused.
// It is what adds `request`, `connect` and the like to these classes; here they only dispatch.
declare module 'undici/lib/dispatcher/client.js' {
  import type { Client } from 'undici'

  const client: new (
    origin: string,
    options: Client.Options,
  ) => Pick<Client, 'dispatch' | 'close' | 'destroy'>
  export = client
}
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  const pool: new (
    origin: string,
    options: Pool.Options,
  ) => Pick<Pool, 'dispatch' | 'close' | 'destroy'>
  export = pool
}
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'

  function request(
    this: Pick<Dispatcher, 'dispatch'>,
    options: Dispatcher.DispatchOptions & { readonly signal: AbortSignal },
  ): Promise<Dispatcher.ResponseData>
  export = request
}
