import { describe, expect, it } from 'vitest'
import { findEventRecords } from '../../../relay/api/event-records.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { deliveryId } from '../../../relay/pipeline/record.ts'
import { compileRoutingTable } from '../../../relay/pipeline/routing-table.ts'
import type { Ledger } from '../../../relay/ports/ledger.ts'
import { type AwsRelay, awsRelay } from '../../support/aws-relay.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { alert } from '../../support/relay-harness.ts'

const { open } = awsRelay()
const EVENT = 'e'.repeat(64)

/** An old event among more than fit on a page, which no test changes. */
let stored: Promise<AwsRelay['ports']> | undefined

async function fill() {
  const { ports } = await open()
  const snapshot = await reconcile('prod', [alert('all', 'hook')], 0, ports.secrets)
  await ports.configs.replace(snapshot)
  const [uid = ''] = compileRoutingTable(snapshot).alertsByUid.keys()
  const records = Array.from({ length: 450 }, (_, index) =>
    deliveryRecord({ id: `d${index}`, cluster: 'prod', acceptedAt: START + 1_000 + index }),
  )
  records.push(
    deliveryRecord({ id: deliveryId(EVENT, uid), eventId: EVENT, cluster: 'prod' }),
    deliveryRecord({ id: 'of an Alert that is gone', eventId: EVENT, cluster: 'prod' }),
  )
  await ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
  return ports
}

/** The stores with that event, and how many pages were asked for. */
async function filled() {
  stored ??= fill()
  const ports = await stored
  let pages = 0
  const list: Ledger['list'] = (...asked) => {
    pages += 1
    return ports.ledger.list(...asked)
  }
  const ledger = new Proxy(ports.ledger, {
    get: (target, name) => (name === 'list' ? list : Reflect.get(target, name).bind(target)),
  })
  return { ports: { ledger, configs: ports.configs }, pages: () => pages }
}

describe('the records of an event where no index has its id', () => {
  it('are found by its whole id and its cluster, however old it is', async () => {
    const { ports, pages } = await filled()
    const { records } = await findEventRecords(ports, { event: EVENT, cluster: 'prod' })
    expect(records.map(({ eventId }) => eventId)).toEqual([EVENT, EVENT])
    expect(pages()).toBe(2)
  })

  it('are found by the beginning of its id among the newest', async () => {
    const { ports, pages } = await filled()
    const { records } = await findEventRecords(ports, { event: 'eeee', cluster: 'prod' })
    expect(records).toHaveLength(2)
    expect(pages()).toBe(3)
    expect(await findEventRecords(ports, { event: 'f'.repeat(64), cluster: 'prod' })).toEqual({
      records: [],
      unreadable: [],
    })
  })
})
