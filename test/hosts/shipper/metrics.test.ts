import { expect, it } from 'vitest'
import { createShipperMetrics } from '../../../hosts/shipper/metrics.ts'
import { ManualClock } from '../../support/manual-clock.ts'

it('leaves out what a spool that cannot be read holds, tells the rest, and says why once', async () => {
  const broken = new Error('disk I/O error')
  let isBroken = false
  const failures: unknown[] = []
  const metrics = createShipperMetrics({
    depth() {
      if (isBroken) throw broken
      return { events: 4, bytes: 50, refused: 0, later: 0 }
    },
    onFailure: (error) => failures.push(error),
    clock: new ManualClock(),
  })
  metrics.sendFailed('503')
  const whole = await seriesOf()
  expect(whole).toContain('flux_relay_shipper_spool_events 4')
  expect(failures).toEqual([])

  isBroken = true
  const left = await seriesOf()
  expect(failures).toEqual([broken])
  expect(whole.filter((line) => !left.includes(line))).toEqual([
    'flux_relay_shipper_spool_events 4',
    'flux_relay_shipper_spool_later_events 0',
    'flux_relay_shipper_spool_bytes 50',
    'flux_relay_shipper_spool_oldest_age_seconds 0',
    'flux_relay_shipper_refused_events 0',
  ])
  expect(left).toContain('flux_relay_shipper_send_failures_total{reason="503"} 1')

  async function seriesOf(): Promise<readonly string[]> {
    const lines = (await metrics.text()).split('\n')
    return lines.filter((line) => line.startsWith('flux_relay_'))
  }
})
