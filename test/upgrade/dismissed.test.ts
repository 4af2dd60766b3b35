import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf } from '../../relay/model/delivery.ts'
import { dismiss } from '../../relay/pipeline/dismiss.ts'
import type { ReplayPorts } from '../../relay/pipeline/replay.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { earlierReleaseMissing, writeEarlierRelease } from '../support/earlier-release.ts'

/** What 591c4aa reads and writes here. */
type EarlierRecord = Readonly<Record<string, unknown>> & { readonly attempt: number }
interface EarlierLedger {
  readMany(
    ids: readonly string[],
  ): Promise<readonly { readonly value: EarlierRecord; readonly version: number }[]>
  writeMany(
    writes: readonly { readonly record: EarlierRecord; readonly expected: number }[],
  ): Promise<readonly boolean[]>
  list(filter: object, limit: number): Promise<{ readonly records: readonly EarlierRecord[] }>
}

const missing = earlierReleaseMissing()

describe.skipIf(missing !== undefined)(`a dismissed delivery on AWS ${missing ?? ''}`, () => {
  const { open } = awsRelay()
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-earlier-'))
  const release = join(folder, 'release')
  const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(join(release, path)).href)
  beforeAll(() => writeEarlierRelease(release))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is read by 591c4aa as dead, and dismissed no more once that has replayed it', async () => {
    const { ports, clients, environment } = await open()
    const id = 'delivery-1'
    const record = deliveryRecord({ id, cluster: 'prod', outcome: 'dead', reason: 'HTTP 404' })
    await ports.ledger.writeMany([{ record, expected: 'absent' }])
    expect(await dismiss(ports, id, { by: 'ann' })).toMatchObject({ kind: 'dismissed' })
    const outcome = async () => {
      const [stored] = await ports.ledger.readMany([id])
      return stored && outcomeOf(stored.value)
    }
    expect(await outcome()).toBe('dismissed')

    const { DynamoDbLedger } = await load('adapters/aws/dynamodb-ledger.ts')
    const { requestReplay } = await load('relay/replay.ts')
    const tableName = environment.ledgerTable
    const options = { client: clients.dynamoDb, tableName, clock: ports.clock }
    const earlier: EarlierLedger = new DynamoDbLedger(options)
    const [read] = await earlier.readMany([id])
    expect(read?.value).toMatchObject({ outcome: 'dead', reason: 'HTTP 404' })
    const listed = (filter: object) => earlier.list({ cluster: 'prod', ...filter }, 10)
    expect((await listed({ outcome: 'dead' })).records).toEqual([])
    expect((await listed({})).records).toMatchObject([{ id }])

    const earlierPorts: Omit<ReplayPorts, 'ledger'> & { readonly ledger: EarlierLedger } = {
      ...ports,
      ledger: earlier,
    }
    expect(await requestReplay(earlierPorts, id)).toMatchObject({ kind: 'queued' })
    expect(await outcome()).toBe('retry')
    const [{ value, version } = { value: { attempt: 0 }, version: 0 }] = await earlier.readMany([
      id,
    ])
    // It keeps the field.
    expect(value).toMatchObject({ attempt: 2, dismissal: { by: 'ann', attempt: 1 } })
    const given = { ...value, outcome: 'dead', reason: 'HTTP 404', dueAt: undefined }
    expect(await earlier.writeMany([{ record: given, expected: version }])).toEqual([true])
    expect(await outcome()).toBe('dead')
    const { records } = await ports.ledger.list({ cluster: 'prod', outcome: 'dead' }, 10)
    expect(records).toMatchObject([{ id }])
  })
})
