import type { SecretWriter } from '../../ports/secret-store.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { headerOf } from '../http.ts'
import { problem } from '../problem.ts'
import { MAX_SECRET_BYTES, putSecret } from '../put-secret.ts'
import { type Call, type Route, routeOf } from '../route.ts'

/** What taking Secrets needs of a host. */
export interface SecretRouteParts {
  readonly secretWriter: SecretWriter
  /** Told that a Secret of the cluster is stored. */
  onStored(cluster: string): Promise<void>
  /** Whether something of the host's own has the cluster's Secrets. */
  readonly ownsConfig: (cluster: string) => boolean
}

/** Takes Secrets of clusters; none is ever shown. */
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
