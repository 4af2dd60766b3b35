import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import type { Ledger } from '../../../relay/ports/ledger.ts'
import type { Ports } from '../../../relay/ports/ports.ts'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

const HOOK = provider('hook', { type: 'generic', address: 'https://a.test' })
const macrotask = () => new Promise((resolve) => setImmediate(resolve))
const OPTIONS = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }

function readingBy(ledger: Ledger, readMany: Ledger['readMany']): Ledger {
  return {
    readMany,
    assertWritable: () => ledger.assertWritable(),
    writeMany: (writes) => ledger.writeMany(writes),
    show: (id) => ledger.show(id),
    list: (...question) => ledger.list(...question),
  }
}

/** A dispatcher that has compiled the configuration, and an event that may have records. */
async function setUp(change: (ports: Ports) => Partial<Ports>) {
  const harness = createHarness()
  await harness.configure(HOOK, alert('first', 'hook'))
  const ports = { ...harness.ports, ...change(harness.ports) }
  const dispatcher = createDispatcher(ports, OPTIONS)
  const next = async (name: string) => {
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
    await harness.sendJson({ involvedObject })
    // What was never leased has no record that could be read.
    for (const event of await harness.queue.leaseEvents(1)) harness.queue.release(event, 0)
    const [event] = await harness.queue.leaseEvents(1)
    if (!event) throw new Error('there is no event')
    return event
  }
  await dispatcher.dispatchEvent(await next('warm'))
  const alerts = () => harness.decisions.map(({ record }) => record.alert?.name)
  return { harness, dispatcher, next, alerts }
}

describe('what is known of an event', () => {
  it('is asked for all at once, in a dispatcher that has been at work', async () => {
    const begun: string[] = []
    let gate: Promise<void> = Promise.resolve()
    const { dispatcher, next } = await setUp(({ configs, state, ledger }) => ({
      configs: {
        ...{ replace: configs.replace.bind(configs) },
        async read(...args) {
          begun.push('configuration')
          await gate
          return configs.read(...args)
        },
      },
      state: {
        ...{ write: state.write.bind(state) },
        async read(key) {
          begun.push('object')
          await gate
          return state.read(key)
        },
      },
      ledger: readingBy(ledger, async (...args) => {
        begun.push('records')
        await gate
        return ledger.readMany(...args)
      }),
    }))
    const event = await next('app')
    begun.length = 0
    const opened = Promise.withResolvers<void>()
    gate = opened.promise
    const dispatched = dispatcher.dispatchEvent(event)
    await macrotask()
    expect(begun.toSorted()).toEqual(['configuration', 'object', 'records'])
    opened.resolve()
    await dispatched
    expect(begun).toHaveLength(3)
  })

  it.each([
    ['are', undefined],
    ['cannot be', new Error('damaged')],
  ])(
    'is looked up anew when the configuration is another one: the first records %s read',
    async (_, failure) => {
      let failing: Error | undefined
      const asked: number[] = []
      const { harness, dispatcher, next, alerts } = await setUp(({ ledger }) => ({
        ledger: readingBy(ledger, async (...args) => {
          asked.push(args[0].length)
          const error = failing
          failing = undefined
          if (error) throw error
          return ledger.readMany(...args)
        }),
      }))
      const event = await next('app')
      await harness.configure(HOOK, alert('second', 'hook'), alert('third', 'hook'))
      failing = failure
      asked.length = 0
      await dispatcher.dispatchEvent(event)
      // That of the event itself, and one for each Alert.
      expect(asked).toEqual([2, 3])
      expect(alerts().slice(1).toSorted()).toEqual(['second', 'third'])
    },
  )

  it('fails with the object that cannot be read', async () => {
    let isDown = false
    const { dispatcher, next } = await setUp(({ state }) => ({
      state: {
        ...{ write: state.write.bind(state) },
        read: (key) => (isDown ? Promise.reject(new Error('down')) : state.read(key)),
      },
    }))
    const event = await next('app')
    isDown = true
    await expect(dispatcher.dispatchEvent(event)).rejects.toMatchObject({ name: 'DispatchFailure' })
  })
})
