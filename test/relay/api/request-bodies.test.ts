import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPERATIONS } from '../../../relay/api/operations.ts'
import { putConfig } from '../../../relay/api/put-config.ts'
import { putSecret } from '../../../relay/api/put-secret.ts'
import { receiveEvents } from '../../../relay/api/receive-events.ts'
import { EventItem } from '../../../relay/api/schemas/events.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

type Body = 'postEvents' | 'postEvent' | 'putConfig' | 'putSecret'

/** Whether the relay takes a body, apart from what the cluster's other configuration says of it. */
async function isTaken(operation: Body, value: unknown): Promise<boolean> {
  const ports = memoryPorts()
  const body = Buffer.from(JSON.stringify(value))
  const request = { cluster: 'prod', body, isSigned: false }
  switch (operation) {
    case 'postEvents':
      return (await receiveEvents(ports, { ...request, events: 'any' })).status === 202
    case 'postEvent':
      return (await receiveEvents(ports, { ...request, events: 'one' })).status === 202
    case 'putConfig':
      return (await putConfig(ports, request)).status === 200
    case 'putSecret': {
      const named = { ...request, namespace: 'flux-system', name: 'slack' }
      return (await putSecret(ports.secrets, named)).status === 200
    }
  }
}

const isDescribed = (operation: Body, value: unknown) =>
  OPERATIONS[operation].body.safeParse(value).success

const ODD = fc.constantFrom<unknown>(
  null,
  1,
  true,
  '',
  'text',
  [],
  {},
  ['a'],
  { a: 1 },
  'x'.repeat(254),
)
const TIME = fc.constantFrom(
  '2026-11-20T09:14:03Z',
  '2026-11-20t09:14:03.5+01:00',
  '2026-02-30T00:00:00Z',
  '2026-11-20',
  'soon',
)
const key = fc.constantFrom('a', 'a.b/c', 'token', 'A key', '')
const mostly = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: ODD })
const name = mostly(fc.constantFrom('web', 'x'.repeat(253)))
const text = mostly(fc.constantFrom('text', ''))
const texts = mostly(fc.dictionary(key, mostly(fc.string({ maxLength: 3 })), { maxKeys: 3 }))

const event = fc.record(
  {
    involvedObject: mostly(
      fc.record(
        { kind: name, namespace: name, name, apiVersion: text, uid: text, resourceVersion: text },
        { requiredKeys: ['kind', 'name'] },
      ),
    ),
    severity: text,
    timestamp: mostly(TIME),
    message: text,
    reason: text,
    metadata: texts,
    reportingController: text,
    unknown: text,
  },
  { requiredKeys: ['involvedObject'] },
)
const item = fc.oneof(
  event,
  fc.record({ event: mostly(event), objectLabels: texts }, { requiredKeys: ['event'] }),
)
const manifest = (kind: string) =>
  mostly(
    fc.record(
      { kind: mostly(fc.constant(kind)), metadata: texts, spec: texts },
      { requiredKeys: [] },
    ),
  )
const config = fc.record(
  {
    takenAt: mostly(TIME),
    alerts: mostly(fc.array(manifest('Alert'), { maxLength: 2 })),
    providers: mostly(fc.array(manifest('Provider'), { maxLength: 2 })),
  },
  { requiredKeys: ['takenAt'] },
)
const secret = fc.dictionary(key, mostly(fc.string({ maxLength: 3 })), { maxKeys: 3 })

describe('what a body is described as', () => {
  it.each<[Body, fc.Arbitrary<unknown>]>([
    ['postEvents', mostly(item)],
    ['postEvent', mostly(event)],
    ['putConfig', mostly(config)],
    ['putSecret', mostly(secret)],
  ])('is what %s takes', async (operation, arbitrary) => {
    const seen = { true: 0, false: 0 }
    await fc.assert(
      fc.asyncProperty(arbitrary, async (value) => {
        const described = isDescribed(operation, value)
        seen[`${described}`] += 1
        expect(await isTaken(operation, value)).toBe(described)
      }),
      { numRuns: 300 },
    )
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(10)
  })

  it('is told of each event of a batch', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), async (items) => {
        const body = Buffer.from(JSON.stringify(items))
        const request = { cluster: 'prod', body, isSigned: false, events: 'any' } as const
        const { counts } = await receiveEvents(memoryPorts(), request)
        const good = items.filter((it) => EventItem.safeParse(it).success)
        expect(counts.accepted + counts.duplicates).toBe(good.length)
      }),
      { numRuns: 100 },
    )
  })

  it('is more than is taken in other letters and of both kinds at once', async () => {
    const good = { kind: 'Kustomization', namespace: 'a', name: 'b' }
    // Go's decoder reads these, and so does the relay; nobody has to write them.
    expect(await isTaken('postEvents', { InvolvedObject: good })).toBe(true)
    expect(isDescribed('postEvents', { InvolvedObject: good })).toBe(false)
  })
})
