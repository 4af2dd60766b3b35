import type { ServedProcess } from './processes.ts'

const API_VERSION = 'notification.toolkit.fluxcd.io/v1beta3'

/** A Provider or an Alert of the namespace `bench`. */
export function benchObject(kind: 'Alert' | 'Provider', name: string, spec: object) {
  return { apiVersion: API_VERSION, kind, metadata: { name, namespace: 'bench' }, spec }
}

/** Gives a cluster its configuration; gives the status of the answer. */
export async function putConfig(
  relay: Pick<ServedProcess, 'url'>,
  cluster: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`${relay.url}/v1/clusters/${cluster}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

export function configBody(alerts: readonly object[], providers: readonly object[]): string {
  return JSON.stringify({ takenAt: new Date().toISOString(), alerts, providers })
}
