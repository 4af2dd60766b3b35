import { z } from 'zod'
import { KubernetesName, type KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { SecretName } from '../spool/sync-memory.ts'

const Reference = z.object({ name: KubernetesName }).optional().catch(undefined)

/**
 * The fields that name Secrets, and as few others as possible: errors elsewhere in a Provider may
 * be corrected soon.
 */
const References = z.object({
  metadata: z.object({ namespace: KubernetesName }),
  spec: z.object({ secretRef: Reference, certSecretRef: Reference, proxySecretRef: Reference }),
})

/**
 * The Secrets that Providers name and the relay reads, each once. They are in the Provider's own
 * namespace. A name that Kubernetes does not allow is left out, since names become parts of paths.
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

/** The key of a Secret in maps: `flux-system/slack-url`. */
export function keyOf({ namespace, name }: SecretName): string {
  return `${namespace}/${name}`
}
