// undici's entry point also loads fetch, WebSocket and caches: half of its import time, and unused.
declare module 'undici/lib/dispatcher/client.js' {
  const client: typeof import('undici').Client
  export = client
}
declare module 'undici/lib/dispatcher/pool.js' {
  const pool: typeof import('undici').Pool
  export = pool
}
