import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
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

it('the reference has the rights of the shipper', () => {
  const files = globSync('deploy/{base,components/*}/*cluster-role*.yaml', { cwd: projectPath('') })
  const rules = files.flatMap((file) => parseAllDocuments(textOf(file)).map((it) => it.toJS()))
  const granted = rules.flatMap(({ rules = [] }: Role) => rules)
  const [, table = ''] =
    /^## Rights$([\s\S]*?)^## /m.exec(textOf('docs/cluster-reference.md')) ?? []
  const cells = table.split('\n').map((line) => line.split(' | ')[0] ?? '')
  const said = (verb: string, what: string) =>
    cells.some((cell) => cell.includes(verb) && cell.includes(what))
  const missing = granted.flatMap(({ apiGroups, resources, verbs }) =>
    resources
      .filter((resource) => !resource.includes('/'))
      .flatMap((resource) => verbs.map((verb) => [verb, nameOf(apiGroups[0] ?? '', resource)]))
      .filter(([verb = '', what = '']) => !said(verb, what)),
  )
  expect(granted.length).toBeGreaterThan(8)
  expect(missing).toEqual([])
})

interface Role {
  readonly rules?: ReadonlyArray<{
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }>
}

/** How the page names a resource: those of Flux's own kinds by the beginning of their group. */
function nameOf(group: string, resource: string): string {
  if (['', 'notification.toolkit.fluxcd.io', 'flux-relay.io'].includes(group)) {
    return resource.charAt(0).toUpperCase() + resource.slice(1)
  }
  return `\`${group.replace(/\.(toolkit\.)?fluxcd\.io$/, '')}\``
}

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
