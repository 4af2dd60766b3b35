import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeMode } from '../../adapters/aws/cluster-modes.ts'
import { DynamoDbLedger } from '../../adapters/aws/dynamodb-ledger.ts'
import { outcomeOf } from '../../relay/model/delivery.ts'
import { observeSubject } from '../../relay/pipeline/observed-subject.ts'
import { type Claimant, claimSubject, settleSubject } from '../../relay/pipeline/subject.ts'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { earlierReleaseMissing, writeEarlierRelease } from '../support/earlier-release.ts'

const missing = earlierReleaseMissing()

describe.skipIf(missing !== undefined)(`an observed cluster on AWS ${missing ?? ''}`, () => {
  const { open } = awsRelay()
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-earlier-'))
  const release = join(folder, 'release')
  const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(join(release, path)).href)
  beforeAll(() => writeEarlierRelease(release))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const table = ({ clients, ports }: AwsRelay, tableName: string) => ({
    ...{ client: clients.dynamoDb, clock: ports.clock, tableName },
  })

  it('has a configuration that 591c4aa reads, and whose mode that ends with the next one', async () => {
    const relay = await open()
    const { configTable } = relay.environment
    const { configs } = relay.ports
    const set = { cluster: 'prod', revision: 'a', takenAt: 1, manifests: [], objects: [] }
    await configs.replace(set)
    await writeMode(relay.clients.dynamoDb, configTable, 'prod', true)
    const { DynamoDbConfigStore } = await load('adapters/aws/dynamodb-config.ts')
    const earlier = new DynamoDbConfigStore(table(relay, configTable))
    expect(await earlier.read('prod')).toMatchObject({ revision: 'a', takenAt: 1 })
    expect(await configs.isObserved('prod')).toBe(true)
    expect(await earlier.replace({ ...set, takenAt: 2 })).toBe('replaced')
    expect(await configs.read('prod')).toMatchObject({ takenAt: 2 })
    expect(await configs.isObserved('prod')).toBe(false)
  })

  it('has records that are skipped to 591c4aa, which may replay them', async () => {
    const relay = await open()
    const options = table(relay, relay.environment.ledgerTable)
    const ledger = new DynamoDbLedger({ ...options, compactRecords: false })
    const id = 'delivery-1'
    const record = deliveryRecord({ id, cluster: 'prod', outcome: 'observed' })
    await ledger.writeMany([{ record, expected: 'absent' }])
    const earlierModule = await load('adapters/aws/dynamodb-ledger.ts')
    const earlier = new earlierModule.DynamoDbLedger(options)
    expect((await earlier.readMany([id]))[0].value).toMatchObject({ outcome: 'skipped' })
    const { requestReplay } = await load('relay/replay.ts')
    expect(await requestReplay({ ...relay.ports, ledger: earlier }, id)).toMatchObject({
      kind: 'queued',
    })
    const [stored] = await ledger.readMany([id])
    expect(stored && outcomeOf(stored.value)).toBe('retry')
  })

  it('has commit statuses that 591c4aa does not take for shown', async () => {
    const { ports } = await open()
    const claimant = (order: string, shows: string): Claimant => ({
      ...{ cluster: 'prod', deliveryId: `d${order}`, order, reason: 'Applied', timeoutMs: 1_000 },
      subject: { key: 'commit', shows },
    })
    const sent = await claimSubject(ports, claimant('1', 'success'))
    if (sent.kind !== 'claimed') throw new Error(`it is ${sent.kind}`)
    await settleSubject(ports, sent.claim, { kind: 'delivered' })
    expect(await observeSubject(ports, claimant('2', 'failure'))).toEqual({ kind: 'news' })

    const earlier = await load('relay/pipeline/subject.ts')
    const claimOf = (order: string, shows: string) =>
      earlier.claimSubject(ports, claimant(order, shows))
    expect(await claimOf('1', 'success')).toEqual({ kind: 'superseded' })
    expect(await claimOf('3', 'failure')).toMatchObject({ kind: 'claimed' })
  })
})
