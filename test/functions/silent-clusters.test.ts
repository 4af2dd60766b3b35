import { describe, expect, it } from 'vitest'
import { DynamoDbConfigStore } from '../../adapters/aws/dynamodb-config.ts'
import { LaterVersion } from '../../relay/model/stored/errors.ts'
import { troubleKey } from '../../relay/pipeline/self/troubles.ts'
import { awsRelay } from '../support/aws-relay.ts'

const MINUTE_MS = 60_000
const relays = awsRelay()

describe('the check for silent clusters', () => {
  it('counts those that sent no configuration for half an hour, and names them', async () => {
    const { ports, environment, clients, check, lines, metricLines } = await relays.open()
    const tableName = environment.configTable
    const table = { client: clients.dynamoDb, tableName, clock: ports.clock }
    const hearing = new DynamoDbConfigStore({ ...table, hearsClusters: true })
    const now = ports.clock.now()
    const seen = { 'prod-eu': 5, 'prod-us': 31, staging: 24 * 60 }
    for (const [cluster, minutes] of Object.entries(seen)) {
      const takenAt = now - minutes * MINUTE_MS
      const empty = { manifests: [], objects: [], revision: cluster }
      await hearing.replace({ ...empty, cluster, takenAt })
      await ports.configs.replace({ ...empty, cluster: `applied-${cluster}`, takenAt })
    }
    await check()
    expect(metricLines.map((line) => JSON.parse(line))).toMatchObject([
      { service: 'flux-relay', SilentClusters: 2, _aws: { Timestamp: expect.any(Number) } },
      { service: 'flux-relay', OldestOpen: 0 },
    ])
    expect(lines).toMatchObject([{ level: 'warn', message: 'clusters are silent' }])
    expect(JSON.stringify(lines)).toContain('prod-us')
    expect(JSON.stringify(lines)).not.toMatch(/prod-eu|applied/)
  })

  it('measures how long deliveries wait although a later version told of a cluster', async () => {
    const { ports, environment, clients, check, metricLines } = await relays.open()
    const tableName = environment.configTable
    const table = { client: clients.dynamoDb, tableName, clock: ports.clock }
    const hearing = new DynamoDbConfigStore({ ...table, hearsClusters: true })
    const now = ports.clock.now()
    const set = { manifests: [], objects: [], revision: '1', cluster: 'prod', takenAt: now }
    await hearing.replace(set)
    const later = { v: 99 }
    await ports.state.write(troubleKey('prod', 'silent'), later, 'absent', now + 60 * MINUTE_MS)
    await expect(check()).rejects.toThrow(LaterVersion)
    expect(metricLines.map((line) => JSON.parse(line))).toMatchObject([
      { SilentClusters: 0 },
      { OldestOpen: 0 },
    ])
  })
})
