import { expect, it } from 'vitest'
import { FLUX_KINDS } from '../../../hosts/shipper/sources/flux-kinds.ts'
import { REPORTING_KINDS } from '../../../relay/model/reporting-kinds.ts'

it('the kinds that report have all that the shipper watches', () => {
  expect([...FLUX_KINDS].filter((kind) => !REPORTING_KINDS.has(kind))).toEqual([])
})
