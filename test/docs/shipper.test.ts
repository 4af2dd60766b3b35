import { globSync, readFileSync } from 'node:fs'
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

it('the pages quote the log as it is', () => {
  const table = textOf('docs/cluster-reference.md').split('## When something does not arrive')[1]
  const rows = table?.split('\n').filter((line) => line.startsWith('| ')) ?? []
  const shown = rows.flatMap((row) => codeIn(row.split('|')[1] ?? '')).filter(isSentence)
  const pages = ['docs/cluster-reference.md', 'docs/cluster-events.md'].map(textOf).join('\n')
  const said = [...pages.matchAll(/(?:in the log for|log says\s+once that)\s+`([^`]+)`/g)]
  const quoted = [...shown, ...said.map(([, text = '']) => text)]
  const files = globSync('{client,hosts/shipper,relay/pipeline}/**/*.ts', { cwd: projectPath('') })
  const sources = files.map(textOf).join('\n')
  expect(quoted.length).toBeGreaterThan(15)
  expect(quoted.filter((text) => !sources.includes(text))).toEqual([])
})

function textOf(path: string): string {
  return readFileSync(projectPath(path), 'utf8')
}

function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** Whether it is what a log says, not a name. */
function isSentence(code: string): boolean {
  return code.includes(' ')
}
