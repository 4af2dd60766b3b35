import type { AccessRule } from './access-rules.ts'
import type { ApiObject, Manifest, ObjectReference } from './api-object.ts'
import type { CustomKind } from './definitions.ts'
import { startDoubleCluster } from './double-cluster.ts'
import { KUBE_ASSETS, startRealCluster } from './real-cluster.ts'
import type { RecordedRequest } from './recorded-request.ts'

export interface ClusterOptions {
  /** What the test's token may do; default everything. */
  readonly rules?: readonly AccessRule[]
  /**
   * Alert and Provider as notification-controller defines them (`notificationKinds`), in place of
   * those that the project ships; an empty list is a cluster without them.
   */
  readonly notification?: readonly CustomKind[]
  /** Other custom kinds; default `FLUX_KINDS`. */
  readonly kinds?: readonly CustomKind[]
}

/** A Kubernetes API server: a double, or a real one. */
export interface TestCluster {
  readonly url: string
  /** Of a file with the test's token. */
  readonly tokenFile: string
  /** PEM text; undefined when the API is plain HTTP. */
  readonly ca: string | undefined
  readonly isReal: boolean
  /** That came with the test's token, in their order, as far as they are answered. */
  readonly requests: readonly RecordedRequest[]
  /** Creates or replaces, with its namespace; the status stays, as with `kubectl apply`. */
  apply(object: Manifest): Promise<ApiObject>
  /** Replaces the status of an object that is there, as its controller does. */
  applyStatus(object: Manifest): Promise<ApiObject>
  get(reference: ObjectReference): Promise<ApiObject | undefined>
  remove(reference: ObjectReference): Promise<void>
  /** Of all namespaces. */
  list(apiVersion: string, kind: string): Promise<readonly ApiObject[]>
  /** Replaces what the test's token may do. */
  allow(rules: readonly AccessRule[]): Promise<void>
  /** Makes all earlier resource versions too old, and ends the watches that run. */
  expire(): Promise<void>
  /** Cuts the test's connections. */
  dropConnections(): void
  /** Ends the server and starts it again, at the same address; the objects stay. */
  restart(): Promise<void>
  /** Refuses connections of the test, or takes them again; what came before is cut. */
  setDown(isDown: boolean): Promise<void>
}

/** Whether tests run on a real API server, by the variable that envtest has for its programs. */
export const isRealCluster = KUBE_ASSETS !== ''

/** Starts a cluster that is gone, or empty again, when the test is over. */
export function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  return isRealCluster ? startRealCluster(options) : startDoubleCluster(options)
}
