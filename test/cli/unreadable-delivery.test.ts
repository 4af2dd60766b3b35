import { expect, it } from 'vitest'
import { deliveryText } from '../../cli/describe/delivery.ts'
import { deliveryTable } from '../../cli/get/delivery-table.ts'
import { listedView } from '../../relay/api/delivery-view.ts'
import { START } from '../support/manual-clock.ts'

const DELIVERY = listedView({
  ...{ kind: 'unreadable', id: 'd'.repeat(64), cluster: 'prod', outcome: 'dead' },
  ...{ object: 'Kustomization/apps/shop', alert: 'apps/team', acceptedAt: START },
  reason: 'this record cannot be read: it is of version 2, and this flux-relay reads up to 1',
})

it.each([false, true])('get deliveries has one row that says so; wide: %j', (isWide) => {
  const [heading = '', row = '', ...more] = deliveryTable([DELIVERY], isWide).trimEnd().split('\n')
  expect(more).toEqual([])
  for (const text of ['prod', 'Kustomization/apps/shop', 'team', 'dead']) {
    expect(row).toContain(text)
  }
  const end = isWide ? heading.indexOf('NEXT') : undefined
  const why = row.slice(heading.indexOf('WHY'), end).trim()
  expect(why).toMatch(/^this record cannot be read/)
  // Nobody knows how often it was tried.
  expect(row.slice(heading.indexOf('TRY'), heading.indexOf('WHY')).trim()).toBe('')
})

it('describe delivery says so, and nothing that nobody knows', () => {
  const text = deliveryText(DELIVERY, START)
  expect(text).toMatch(/^Why: +this record cannot be read: it is of version 2/m)
  expect(text).toMatch(/^Alert: +apps\/team$/m)
  expect(text).not.toContain('Tries')
})
