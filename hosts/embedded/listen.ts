import type { RunningServer } from '../kit/http-server.ts'
import { StartError } from '../kit/start-error.ts'
import { listenFailure } from '../kit/start-failures.ts'
import type { ServerDependencies } from './app.ts'
import { isLoopback } from './loopback.ts'
import { createServer } from './server.ts'

/** Where a relay listens. */
interface ListenAddress {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
}

/**
 * Begins to serve HTTP. Rejects with `StartError` for an address that cannot be listened on, and for one that others
 * can reach while nobody needs a token.
 */
export async function listen(
  { host, port }: ListenAddress,
  deps: ServerDependencies,
): Promise<RunningServer> {
  if (deps.tokens === undefined && !isLoopback(host)) {
    throw new StartError(
      `--host ${host}: without --tokens the relay listens on this machine only; add --tokens FILE`,
    )
  }
  try {
    return await createServer(deps).listen({ host, port })
  } catch (error) {
    throw new StartError(listenFailure(host, port, error))
  }
}
