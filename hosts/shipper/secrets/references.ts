import { z } from 'zod'
import { KubernetesName, type KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { SecretName } from '../spool/sync-memory.ts'

const Reference = z.object({ name: KubernetesName }).optional().catch(undefined)

/** As little as possible: a Provider that is wrong elsewhere may be mended in a moment. */
const References = z.object({
  metadata: z.object({ namespace: KubernetesName }),
  spec: z.object({ secretRef: Reference, certSecretRef: Reference, proxySecretRef: Reference }),
})

/**
 * The Secrets that Providers name and the relay reads, each once. They are in the Provider's own
 * namespace; what is no name of Kubernetes' own form is left out, since it becomes part of paths.
 */
export function secretsNamedBy(providers: readonly KubernetesObject[]): readonly SecretName[] {
  const named = providers.flatMap((provider) => {
    const parsed = References.safeParse(provider).data
    if (!parsed) return []
    const { metadata, spec } = parsed
    const references = [spec.secretRef, spec.certSecretRef, spec.proxySecretRef]
    return references.flatMap((reference) =>
      reference ? [{ namespace: metadata.namespace, name: reference.name }] : [],
    )
  })
  return [...new Map(named.map((secret) => [keyOf(secret), secret])).values()]
}

/** Tells Secrets apart: `flux-system/slack-url`. */
export function keyOf({ namespace, name }: SecretName): string {
  return `${namespace}/${name}`
}
