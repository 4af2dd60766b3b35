import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StartError } from '../../kit/start-error.ts'

/** The address of a cluster's API, and the credentials for it. */
export interface KubernetesConnection {
  /**
   * The URL, without a path, or with the prefix of a proxy such as `kubectl proxy --api-prefix`.
   */
  readonly url: string
  /** CA certificates as PEM text, which replace the system's root certificates. */
  readonly ca?: string
  /**
   * The file with the bearer token. It is read for every request, since a pod's token is replaced
   * every hour.
   */
  readonly tokenFile?: string
}

/**
 * The directory of a pod's token:
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'

const Environment = z.object({
  KUBERNETES_SERVICE_HOST: z.string().min(1),
  KUBERNETES_SERVICE_PORT: z.string().regex(/^\d{1,5}$/),
})

/**
 * The API of the cluster that this process runs in, with the ServiceAccount of its pod; undefined
 * outside of a cluster. Throws `StartError` when the pod has no token of a ServiceAccount.
 */
export function inClusterConnection(
  environment: Readonly<Record<string, string | undefined>>,
  directory = SERVICE_ACCOUNT_DIRECTORY,
): KubernetesConnection | undefined {
  const found = Environment.safeParse(environment)
  if (!found.success) return undefined
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = found.data
  const caFile = join(directory, 'ca.crt')
  try {
    return {
      url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      ca: readFileSync(caFile, 'utf8'),
      tokenFile: join(directory, 'token'),
    }
  } catch (error) {
    const { message } = error as Error
    throw new StartError(
      `${message}: the pod needs its ServiceAccount's token (automountServiceAccountToken)`,
    )
  }
}
