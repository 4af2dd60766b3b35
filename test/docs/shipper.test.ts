import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { shipCommand } from '../../cli/ship.ts'
import { projectPath } from '../../docs/generate/project.ts'
import { createShipperMetrics } from '../../hosts/shipper/metrics.ts'
import { ManualClock } from '../support/manual-clock.ts'

const PAGE = readFileSync(projectPath('docs/shipper.md'), 'utf8')

it('the reference has each option of the shipper, and no other', () => {
  const options = shipCommand().options.map(({ long }) => long)
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| `--'))
  const documented = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/--[a-z-]+/g)])
  expect(documented.map(([flag]) => flag).sort()).toEqual(options.sort())
})

it('the reference has each metric of the shipper, and no other', async () => {
  const depth = () => ({ events: 0, bytes: 0, refused: 0, later: 0 })
  const text = await createShipperMetrics({ depth, clock: new ManualClock() }).text()
  const metrics = [...text.matchAll(/^# TYPE (flux_relay_\w+)/gm)].map(([, name]) => name)
  const documented = [...PAGE.matchAll(/`(flux_relay_\w+)`/g)].map(([, name]) => name)
  expect([...new Set(documented)].sort()).toEqual(metrics.sort())
})
