import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DynamoDbConfigStore } from '../../adapters/aws/dynamodb-config.ts'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { type CommandTarget, commandTargets, type StackTarget } from '../support/command-targets.ts'
import { deliveryRecord } from '../support/delivery-records.ts'

const MINUTE_MS = 60_000
const HEADING = ['NAME', 'MODE', 'LAST EVENT', 'LAST CONFIGURATION', 'SHIPPER', 'SILENT SINCE']

function set(cluster: string, takenAt: number, revision = 'r1'): ConfigSnapshot {
  return { cluster, revision, takenAt, manifests: [], objects: [] }
}

/** Puts a set as the cluster's own shipper does. */
async function ship(target: CommandTarget, sent: ConfigSnapshot, version = '0.1.0'): Promise<void> {
  await hearing(target).replace(sent, version)
}

function hearing(target: CommandTarget): CommandTarget['ports']['configs'] {
  if (!isStack(target)) return target.ports.configs
  const { clients, environment, ports } = target.relay
  const table = { client: clients.dynamoDb, tableName: environment.configTable, clock: ports.clock }
  return new DynamoDbConfigStore({ ...table, hearsClusters: true })
}

function isStack(target: CommandTarget): target is StackTarget {
  return 'relay' in target
}

function cells(table: string): readonly (readonly string[])[] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {3,}/))
}

/** The clusters of a document, without what only the embedded relay counts. */
function clustersIn(document: string): readonly unknown[] {
  return parse(document).map(
    ({ objectsNotReady: _, notTaken: __, ...told }: Readonly<Record<string, unknown>>) => told,
  )
}

describe.each(commandTargets())('flux-relay get clusters %s', (target, open) => {
  // Only a relay on one machine counts what it does not take.
  const heading = target === '--relay' ? [...HEADING, 'NOT TAKEN'] : HEADING

  it('says when nothing is known of any', async () => {
    const { run } = await open()
    expect(await run(['get', 'clusters'])).toEqual({
      ...{ code: 0, stdout: '' },
      stderr: 'No clusters found.\n',
    })
  })

  it('tells of each when it was last heard of, and which are silent', async () => {
    const target = await open()
    const now = Date.now()
    const silent = now - 31 * MINUTE_MS - 500
    await ship(target, set('prod', now - 5 * MINUTE_MS - 500))
    await ship(target, set('edge', silent), '0.0.9')
    await target.ports.configs.replace(set('applied', now - 3 * 24 * 60 * MINUTE_MS - 500))
    const records = [9, 2, 40].map((minutes) => {
      const at = now - minutes * MINUTE_MS - 500
      const id = `d${minutes}`
      return deliveryRecord({ id, cluster: minutes === 40 ? 'edge' : 'prod', acceptedAt: at })
    })
    // Nobody reported the event of a test.
    const test = { test: {}, alert: { namespace: 'flux-system', name: '(test)', uid: 'uid' } }
    records.push(deliveryRecord({ ...{ id: 'test', cluster: 'edge', acceptedAt: now }, ...test }))
    await target.ports.ledger.writeMany(
      records.map((record) => ({ record, expected: 'absent' as const })),
    )
    const { code, stdout, stderr } = await target.run(['get', 'cluster'])
    expect([code, stderr]).toEqual([0, ''])
    const since = new Date(silent).toISOString()
    expect(cells(stdout)).toEqual([
      heading,
      ['applied', 'live', '3d'],
      ['edge', 'live', '40m', '31m', '0.0.9', since.replace(/\.\d+Z$/, 'Z')],
      ['prod', 'live', '2m', '5m', '0.1.0'],
    ])

    const [json, yaml, wide, missing] = await Promise.all([
      target.run(['get', 'clusters', 'edge', '-o', 'json']),
      target.run(['get', 'clusters', 'applied', '-o', 'yaml']),
      target.run(['get', 'clusters', 'prod', '-o', 'wide']),
      target.run(['get', 'clusters', 'prod', 'nosuch']),
    ])
    expect(clustersIn(json.stdout)).toEqual([
      {
        name: 'edge',
        lastEventAt: new Date(now - 40 * MINUTE_MS - 500).toISOString(),
        lastConfigurationAt: since,
        shipperVersion: '0.0.9',
        silentSince: since,
      },
    ])
    const at = new Date(now - 3 * 24 * 60 * MINUTE_MS - 500).toISOString()
    expect(clustersIn(yaml.stdout)).toEqual([{ name: 'applied', lastConfigurationAt: at }])
    expect(wide.stdout).toContain(new Date(now - 2 * MINUTE_MS - 500).toISOString())
    expect(cells(missing.stdout).map(([name]) => name)).toEqual(['NAME', 'prod'])
    expect([missing.code, missing.stderr]).toEqual([1, 'flux-relay: there is no cluster nosuch\n'])
  })

  it('keeps what the shipper told when a person applies a set, and takes what it tells next', async () => {
    const target = await open()
    const now = Date.now()
    const heard = now - 60 * MINUTE_MS
    await ship(target, set('prod', heard))
    await target.ports.configs.replace(set('prod', now - MINUTE_MS, 'r2'))
    const list = async () =>
      clustersIn((await target.run(['get', 'clusters', '-o', 'json'])).stdout)
    expect(await list()).toEqual([
      {
        name: 'prod',
        lastConfigurationAt: new Date(now - MINUTE_MS).toISOString(),
        shipperVersion: '0.1.0',
        silentSince: new Date(heard).toISOString(),
      },
    ])
    // The same set, sent again by a newer one.
    await ship(target, set('prod', now, 'r2'), '0.2.0')
    expect(await list()).toEqual([
      { name: 'prod', lastConfigurationAt: new Date(now).toISOString(), shipperVersion: '0.2.0' },
    ])
  })
})
