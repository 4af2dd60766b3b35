import { expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'

it('says of a test what it is, and offers neither its event nor to send it again', async () => {
  const { get, ports } = await startConsole()
  const id = 'd'.repeat(64)
  const alert = { namespace: 'flux-system', name: '(test)', uid: 'uid' }
  const about = { outcome: 'failed', reason: 'HTTP 404', alert, test: { by: 'ann <b>' } } as const
  ports.ledger.put(deliveryRecord({ id, ...about }))
  const { status, text } = await get(`/console/deliveries/${id}`)
  expect(status).toBe(200)
  expect(text).toContain('<span class="outcome is-failed"><span aria-hidden="true">✕</span> failed')
  expect(text).toContain(
    'a test of the Provider <b>flux-system/slack (slack)</b>, which <b>ann &lt;b&gt;</b> asked for: no Alert',
  )
  expect(text).not.toMatch(/\/console\/events\/|action="\/console\/replay"/)
  const list = await get('/console/deliveries?outcome=failed')
  expect(list.text).toContain(`/console/deliveries/${id}`)
})
