import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectPath } from '../../docs/generate/project.ts'
import { OPERATIONS } from '../../relay/api/operations.ts'
import { SILENT_AFTER_MS } from '../../relay/model/silent-cluster.ts'
import { exampleMetrics, metricNames } from '../support/metric-names.ts'

const PAGE = readFileSync(projectPath('docs/metrics.md'), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}

const RULES = (
  parse(readFileSync(projectPath('deploy/monitoring/rules.yaml'), 'utf8')) as RuleFile
).groups.flatMap(({ rules }) => rules)

/** The names in the first column of the page's tables that look like this. */
function documented(pattern: RegExp): readonly string[] {
  return [...PAGE.matchAll(/^\| `(\w+)`/gm)]
    .map(([, name = '']) => name)
    .filter((name) => pattern.test(name))
}

describe('the page of the metrics', () => {
  it('has each metric of the relay, and no other', async () => {
    expect(documented(/^flux_relay_/).toSorted()).toEqual((await metricNames()).toSorted())
  })

  it('has the labels of each', async () => {
    const text = await exampleMetrics().text()
    for (const [, name = '', cell = ''] of PAGE.matchAll(
      /^\| `(flux_relay_\w+)` \| ([^|]*) \|/gm,
    )) {
      const sample = new RegExp(`^${name}(?:_count)?\\{([^}]*)\\}`, 'm').exec(text)
      if (!sample) continue
      const labels = [...(sample[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label)
      const named = [...cell.matchAll(/`(\w+)`/g)].map(([, label]) => label)
      expect([name, named]).toEqual([name, labels])
    }
  })

  it('has each alert, and no other', () => {
    expect(documented(/^FluxRelay/)).toEqual(RULES.map(({ alert }) => alert))
  })
})

describe('the shipped alerts', () => {
  it('call a cluster silent when the relay does', () => {
    const { expr = '' } = RULES.find(({ alert }) => alert === 'FluxRelayClusterSilent') ?? {}
    expect(expr).toContain(`{source="sent"} > ${SILENT_AFTER_MS / 1_000}\n`)
    expect(expr).toContain(`offset ${SILENT_AFTER_MS / 60_000}m)`)
  })

  it('count refused events and configurations, and what is at no path', () => {
    const { expr = '' } = RULES.find(({ alert }) => alert === 'FluxRelayRequestsRefused') ?? {}
    const patterns = [...expr.matchAll(/path=~"([^"]*)"/g)].map(([, pattern]) => pattern)
    expect(patterns).toEqual([patterns[0], patterns[0]])
    const counts = (path: string) => new RegExp(`^(?:${patterns[0]})$`).test(path)
    const changing = Object.entries(OPERATIONS).filter(([, { method }]) => method !== 'GET')
    const counted = changing.filter(([, { path }]) => counts(path)).map(([name]) => name)
    expect(counted).toEqual(['postEvents', 'postEvent', 'putConfig'])
    expect(counts('')).toBe(true)
  })

  it('ask for metrics that there are', async () => {
    const names = new Set(await metricNames())
    const asked = RULES.flatMap(({ expr }) => expr.match(/\bflux_relay_\w+/g) ?? [])
    expect(asked.length).toBeGreaterThan(RULES.length)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
  })

  it.each(RULES)('tell what is wrong and what to do: $alert', ({ labels, annotations }) => {
    expect(labels.severity).toMatch(/^(info|warning|critical)$/)
    const { summary, description, runbook_url, ...rest } = annotations
    expect([summary, description]).toEqual([
      expect.stringMatching(/\w/),
      expect.stringMatching(/\w/),
    ])
    expect(rest).toEqual({})
    const anchor = runbook_url?.split('#')[1] ?? ''
    const headings = [...PAGE.matchAll(/^### (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    )
    expect(runbook_url).toBe(`docs/metrics.md#${anchor}`)
    expect(headings).toContain(anchor)
  })
})
