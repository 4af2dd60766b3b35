import { describe, expect, it } from 'vitest'
import { checkSilentClusters } from '../../functions/reconcile-config/silent-clusters.ts'
import { awsRelay } from '../support/aws-relay.ts'

const MINUTE_MS = 60_000
const relays = awsRelay()

describe('the check for silent clusters', () => {
  it('counts those that sent no configuration for half an hour, and names them', async () => {
    const { ports } = await relays.open()
    const now = ports.clock.now()
    const seen = { 'prod-eu': 5, 'prod-us': 31, staging: 24 * 60 }
    for (const [cluster, minutes] of Object.entries(seen)) {
      const takenAt = now - minutes * MINUTE_MS
      const empty = { manifests: [], objects: [], revision: cluster }
      await ports.configs.replace({ ...empty, cluster, takenAt })
    }
    const lines: string[] = []
    const warnings: unknown[] = []
    await checkSilentClusters({
      configs: ports.configs,
      clock: ports.clock,
      metricsNamespace: 'flux-relay/test',
      write: (line) => lines.push(line),
      log: { warn: (...parts: unknown[]) => warnings.push(parts) } as never,
    })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { service: 'flux-relay', SilentClusters: 2, _aws: { Timestamp: expect.any(Number) } },
    ])
    expect(JSON.stringify(warnings)).toContain('prod-us')
    expect(JSON.stringify(warnings)).not.toContain('prod-eu')
  })
})
