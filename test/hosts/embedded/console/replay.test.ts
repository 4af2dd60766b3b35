import { describe, expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'
import { TOKENS, VIEWER } from '../../../support/embedded-server.ts'

const DEAD = deliveryRecord({ id: 'a'.repeat(64), outcome: 'dead', reason: 'slack answered 404' })

describe('replaying from the console', () => {
  it('says how many first, and then queues them', async () => {
    const { post, ports } = await startConsole()
    ports.ledger.put(DEAD)
    const asked = await post('/console/replay', { id: DEAD.id })
    expect(asked.text).toContain('Send 1 delivery again?')
    expect(ports.queue.retries).toEqual([])
    const done = await post('/console/replay', { id: DEAD.id, confirmed: 'yes' })
    expect(done.text).toContain('1 delivery will be sent again')
    expect(ports.queue.retries.at(-1)).toMatchObject({ deliveryId: DEAD.id, attempt: 2 })
  })

  it('queues the oldest first, and before what was told in a message what sends it', async () => {
    const { post, ports } = await startConsole()
    const leader = 'c'.repeat(64)
    const told = ['d'.repeat(64), leader, 'b'.repeat(64)]
    for (const id of told) ports.ledger.put({ ...DEAD, id, toldIn: leader })
    ports.ledger.put(DEAD)
    const form = new URLSearchParams({ confirmed: 'yes' })
    for (const id of [...told, DEAD.id]) form.append('id', id)
    const { text } = await post('/console/replay', form)
    expect(text).toContain('4 deliveries will be sent again')
    const queued = ports.queue.retries.filter(({ attempt }) => attempt === 2)
    expect(queued.map(({ deliveryId }) => deliveryId[0])).toEqual(['a', 'c', 'b', 'd'])
  })

  it('names those that could not be', async () => {
    const { post } = await startConsole()
    const { text } = await post('/console/replay', { id: 'b'.repeat(64), confirmed: 'yes' })
    expect(text).toContain('0 deliveries will be sent again')
    expect(text).toContain('bbbbbbbbbbbb</a>: there is no delivery of this id')
  })

  it('goes back to the delivery from its own page', async () => {
    const { post, ports } = await startConsole()
    ports.ledger.put(DEAD)
    const { status, headers } = await post('/console/replay', { id: DEAD.id, from: 'delivery' })
    expect([status, headers.location]).toEqual([303, `/console/deliveries/${DEAD.id}`])
    expect(ports.queue.retries.at(-1)).toMatchObject({ deliveryId: DEAD.id, attempt: 2 })
  })

  it('puts dead deliveries away, with the reason that was given', async () => {
    const { post, ports } = await startConsole()
    ports.ledger.put(DEAD)
    const asked = await post('/console/dismiss', { id: DEAD.id })
    expect(asked.text).toContain('Put 1 delivery away?')
    const form = { id: DEAD.id, confirmed: 'yes', comment: 'the channel is gone' }
    expect((await post('/console/dismiss', form)).text).toContain('1 delivery put away')
    expect(JSON.stringify(await ports.ledger.show(DEAD.id))).toContain('the channel is gone')
    const delivered = deliveryRecord({ id: 'c'.repeat(64) })
    ports.ledger.put(delivered)
    const refused = await post('/console/dismiss', { id: delivered.id, confirmed: 'yes' })
    expect(refused.text).toContain('0 deliveries put away')
  })

  it('asks for a selection where there is none', async () => {
    const { post } = await startConsole()
    expect((await post('/console/replay', {})).text).toContain('No delivery was selected')
  })

  it('does nothing for a viewer, for another site, and for who has not logged in', async () => {
    const { post, ports } = await startConsole(TOKENS)
    ports.ledger.put(DEAD)
    const form = { id: DEAD.id, confirmed: 'yes' }
    const login = await post('/console/login', { token: VIEWER })
    const cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect((await post('/console/replay', form)).status).toBe(401)
    expect((await post('/console/replay', form, { Cookie: cookie })).status).toBe(403)
    const foreign = { Cookie: cookie, Origin: 'https://evil.example' }
    expect((await post('/console/replay', form, foreign)).status).toBe(403)
    expect(ports.queue.retries).toEqual([])
  })
})
