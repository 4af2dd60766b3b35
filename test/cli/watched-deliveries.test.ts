import { describe, expect, it } from 'vitest'
import { watchDeliveries } from '../../cli/get/watch-deliveries.ts'
import { UsageError } from '../../client/usage-error.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'

function delivery(id: string, acceptedAt: number, changes: RecordChanges = {}): Delivery {
  const record = deliveryRecord({ id, acceptedAt, updatedAt: acceptedAt, ...changes })
  return Delivery.parse(JSON.parse(JSON.stringify(deliveryView(record))))
}

/** Watches a relay that lists these one after the other and then cannot be reached: the ids that were told of. */
async function toldOf(
  known: readonly Delivery[],
  lists: readonly (readonly Delivery[])[],
  namespace?: string,
) {
  const left = [...lists]
  const told: string[][] = []
  const api = {
    async *deliveryPages() {
      const deliveries = left.shift()
      if (deliveries === undefined) throw new UsageError('cannot reach the relay', 1)
      yield { deliveries: [...deliveries] }
    },
  }
  const watched = watchDeliveries(api, {
    ...{ filters: {}, namespace, known, changes: undefined, everyMs: 0 },
    async onChange(deliveries) {
      told.push(deliveries.map(({ id }) => id))
    },
  })
  await expect(watched).rejects.toThrow('cannot reach the relay')
  return told
}

const first = delivery('first', START)
const second = delivery('second', START + 1)
const third = delivery('third', START + 2)

it('tells of what came, the earliest first, and of nothing twice', async () => {
  const all = [third, second, first]
  expect(await toldOf([first], [[first], all, all])).toEqual([['second', 'third']])
})

it('tells of what changed', async () => {
  const changed = delivery('first', START, { updatedAt: START + 9 })
  expect(await toldOf([first], [[first], [changed], [changed]])).toEqual([['first']])
})

it('tells of nothing that is older than what was shown', async () => {
  expect(await toldOf([second], [[third, second, first]])).toEqual([['third']])
})

it('tells of all where nothing was shown, and of those of one namespace', async () => {
  expect(await toldOf([], [[first]])).toEqual([['first']])
  expect(await toldOf([], [[first]], 'another')).toEqual([])
})

describe('with a stream', () => {
  /** What is told of when this changes, and lists are these. */
  async function toldBy(
    changes: ReadonlyArray<readonly Delivery[] | 'missed'>,
    latest: Delivery[],
  ) {
    const told: string[][] = []
    const api = {
      async *deliveryPages() {
        yield { deliveries: latest }
      },
    }
    const stream = async function* () {
      yield* changes
    }
    await watchDeliveries(api, {
      ...{ filters: {}, namespace: 'flux-system', known: [first], changes: stream(), everyMs: 0 },
      async onChange(deliveries) {
        told.push(deliveries.map(({ id, outcome }) => `${id} ${outcome}`))
      },
    })
    return told
  }
  const waits = delivery('second', START + 1, { outcome: 'retry' })

  it('tells of what it brings, and of nothing twice', async () => {
    const changes = [[first, waits], [second], [second]]
    expect(await toldBy(changes, [])).toEqual([['second retry'], ['second delivered']])
  })

  it('asks for the list when it may have missed some', async () => {
    const told = await toldBy([[waits], 'missed'], [third, second, first])
    expect(told).toEqual([['second retry'], ['second delivered', 'third delivered']])
  })

  it('tells of those of one namespace', async () => {
    const { alert, ...rest } = second
    const other = { ...rest, alert: { namespace: 'apps', name: 'on-call' } }
    expect(await toldBy([[other], [rest]], [])).toEqual([])
    expect(alert?.namespace).toBe('flux-system')
  })
})
