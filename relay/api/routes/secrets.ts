import type { SecretWriter } from '../../ports/secret-store.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { headerOf } from '../http.ts'
import { problem } from '../problem.ts'
import { MAX_SECRET_BYTES, putSecret } from '../put-secret.ts'
import { type Call, type Route, routeOf } from '../route.ts'

/** What the routes for Secrets need from a host. */
export interface SecretRouteParts {
  readonly secretWriter: SecretWriter
  /** Called after a Secret of the cluster was stored. */
  onStored(cluster: string): Promise<void>
  /** Whether the host itself provides the cluster's Secrets, from its manifests folder. */
  readonly ownsConfig: (cluster: string) => boolean
}

/** Stores Secrets of clusters. It never shows one. */
export function secretRoutes(parts: SecretRouteParts): readonly Route[] {
  const handle = (call: Call) => put(parts, call)
  return [routeOf('putSecret', { maxBodyBytes: MAX_SECRET_BYTES, handle })]
}

async function put(parts: SecretRouteParts, call: Call): Promise<Answer> {
  const { cluster, parameters, request } = call
  if (parts.ownsConfig(cluster)) {
    const detail = `the manifests folder owns the Secrets of ${cluster}; add a manifest of kind Secret there`
    return problemAnswer(problem('config-owned', detail))
  }
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const { namespace = '', name = '' } = parameters
  const contentEncoding = headerOf(request, 'content-encoding')
  const secret = { cluster, namespace, name, body: read.body, contentEncoding }
  const answer = await putSecret(parts.secretWriter, secret)
  if (answer.status === 200) await parts.onStored(cluster)
  return answer
}
