import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { OPERATIONS, type OperationName } from '../relay/api/operations.ts'
import type { Destinations } from '../relay/destinations.ts'
import type { Ports, Quarantine, SecretWriter } from '../relay/ports.ts'
import type { Access } from './access.ts'
import type { Configurations } from './configurations/configurations.ts'
import type { Echo } from './echo.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Tokens } from './tokens.ts'
import type { TurnGate } from './turn-gate.ts'

/** What the server needs of its host. */
export interface ServerDependencies {
  readonly ports: Ports
  readonly configurations: Configurations
  /** Told of each configuration that comes. */
  readonly destinations: Pick<Destinations, 'review'>
  /** Keeps the Secrets of clusters other than the host's own. */
  readonly secretWriter: SecretWriter
  readonly quarantine: Quarantine
  /** The cluster of `--cluster`: without tokens, whose events `POST /` takes. */
  readonly cluster: string
  /** Undefined without `--tokens`: all is allowed then, from this machine only. */
  readonly tokens: Tokens | undefined
  readonly echo: Echo
  readonly metrics: Metrics
  /** Events that come pass it, and so leave time for what is under way. */
  readonly gate: TurnGate
  readonly log: Log
  /** Why the relay is not ready; undefined when it is. */
  readonly ready: () => string | undefined
  /** Whether the manifests folder owns the cluster's configuration and Secrets. */
  readonly ownsConfig: (cluster: string) => boolean
  /** Routes of the host beside the server's own, such as the console. */
  readonly moreRoutes?: readonly Route[]
}

export type RequestContext = Context<{ Bindings: HttpBindings }>

/** The route of an operation of the API. */
export function routeOf(name: OperationName, handle: Route['handle']): Route {
  const { method, path, access } = OPERATIONS[name]
  return { method, path: path.replace(/\{(\w+)\}/g, ':$1'), access, handle }
}

/** One method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** A Hono path: `/v1/deliveries/:id`. A `:cluster` in it is a valid name when it is handled. */
  readonly path: string
  readonly access: Access
  handle(context: RequestContext): Response | Promise<Response>
}
