import { CONNECTIONS_REFUSED } from '../kit/connection-room.ts'
import { createHttpServer, type HttpServer, type ServerLimits } from '../kit/http-server.ts'
import { createApp, type ServerDependencies } from './app.ts'
import { isLoopback } from './loopback.ts'

/**
 * Makes the embedded host's HTTP server. Listening also rejects for an address that is not loopback
 * on a relay without tokens.
 */
export function createServer(
  deps: ServerDependencies,
  limits: Partial<ServerLimits> = {},
): HttpServer {
  const server = createHttpServer(createApp(deps), limits, (fields) =>
    deps.log.warn(fields, CONNECTIONS_REFUSED),
  )
  return {
    async listen(address) {
      if (deps.tokens === undefined && !isLoopback(address.host)) {
        throw new Error(`without --tokens the relay listens on loopback only, not ${address.host}`)
      }
      return server.listen(address)
    },
  }
}
