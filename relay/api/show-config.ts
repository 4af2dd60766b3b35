import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { problem } from './problem.ts'

/**
 * Shows a cluster's set: 200 `{cluster, revision, takenAt, alerts, providers, silences, objects}` with the
 * objects as they came and the readiness of each, or 404. Rejects when the store fails.
 */
export async function showConfig(ports: Pick<Ports, 'configs'>, cluster: string): Promise<Answer> {
  const snapshot = await ports.configs.read(cluster)
  if (typeof snapshot !== 'object') {
    return problemAnswer(problem('no-config', `the cluster ${cluster} has no configuration yet`))
  }
  const { revision, takenAt, manifests, objects } = snapshot
  return jsonAnswer(200, {
    cluster,
    revision,
    takenAt: new Date(takenAt).toISOString(),
    alerts: manifests.filter(({ kind }) => kind === 'Alert'),
    providers: manifests.filter(({ kind }) => kind === 'Provider'),
    silences: manifests.filter(({ kind }) => kind === 'Silence'),
    objects,
  })
}
