import { expect, it } from 'vitest'
import { outcomeChart } from '../../console/outcome-chart.ts'
import type { OutcomeTotals } from '../../relay/api/schemas/overview.ts'
import { lastDay } from '../../relay/model/outcome-count.ts'
import { START } from '../support/manual-clock.ts'

/** The chart of the last 24 hours, of which the latest have these outcomes. */
function chartOf(...latest: readonly OutcomeTotals[]): string {
  const hours = lastDay(START).map((hour, index) => ({
    from: new Date(hour).toISOString(),
    outcomes: latest[index - 24 + latest.length] ?? {},
  }))
  return String(outcomeChart(hours))
}

/** The parts of bars that are drawn: the outcome, top and height of each. */
function partsIn(chart: string) {
  const parts = chart.matchAll(
    /<rect class="part is-(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)">/g,
  )
  return [...parts].map(([, outcome, y, height]) => [outcome, Number(y), Number(height)] as const)
}

it('stacks outcomes from the ground up, with what is dead on top and hatched', () => {
  const chart = chartOf({ dead: 10, delivered: 60, retry: 20, suppressed: 10 })
  expect(partsIn(chart)).toEqual([
    ['delivered', 56, 84],
    ['suppressed', 42, 14],
    ['retry', 14, 28],
    ['dead', 0, 14],
  ])
  expect(chart.match(/<rect fill="url\(#hatch\)" x=/g)).toHaveLength(1)
})

it('tells of observed deliveries where there are any', () => {
  expect(chartOf({ delivered: 3 })).not.toContain('observed')
  const chart = chartOf({ delivered: 1, observed: 3 })
  expect(partsIn(chart).map(([outcome]) => outcome)).toEqual(['delivered', 'observed'])
  expect(chart).toContain('In 24 hours: 1 delivered, 3 observed.')
  expect(chart).toContain('<th scope="col">observed</th>')
})

it('scales by the largest hour, up to a number that is easy to read', () => {
  const chart = chartOf({ delivered: 130 }, { delivered: 50 })
  expect(chart).toContain('<span class="most" aria-hidden="true">200</span>')
  expect(partsIn(chart)).toEqual([
    ['delivered', 49, 91],
    ['delivered', 105, 35],
  ])
})

it('shows one dead among thousands, and never leaves its frame', () => {
  for (const delivered of [1, 4_999, 5_000, 999_999]) {
    const parts = partsIn(chartOf({ delivered, dead: 1, skipped: 1 }))
    expect(parts.map(([outcome]) => outcome)).toEqual(['delivered', 'skipped', 'dead'])
    for (const [, y, height] of parts) {
      expect(height).toBeGreaterThanOrEqual(3)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(y + height).toBeLessThanOrEqual(140.1)
    }
  }
})

it('has its numbers as text: in the picture, in a legend, and in a table that leads on', () => {
  const chart = chartOf({ delivered: 3, dead: 1 }, { delivered: 4 })
  expect(chart).toContain(
    'role="img" aria-label="Stacked bars. In 24 hours: 7 delivered, 1 dead. The table below has the numbers."',
  )
  expect(chart).toContain('<title>2026-11-20 08:00: 3 delivered, 1 dead</title>')
  expect(chart).toMatch(/<span aria-hidden="true">✓<\/span> delivered<\/span> <b>7<\/b>/)
  expect(chart).toMatch(/<span aria-hidden="true">✕<\/span> dead<\/span> <b>1<\/b>/)
  expect(chart).toContain('<caption>Decisions by the hour and outcome, the latest first</caption>')
  const rows = chart.match(/<tr><th scope="row">/g)
  expect(rows).toHaveLength(24)
  expect(chart).toContain(
    '<a href="/console/deliveries?since=2026-11-20T08%3A00%3A00.000Z&amp;until=2026-11-20T09%3A00%3A00.000Z">2026-11-20 08:00</a></th><td>3</td><td>0</td><td>0</td><td>0</td><td>1</td>',
  )
})

it('says that there was nothing, without a bar', () => {
  const chart = chartOf()
  expect(partsIn(chart)).toEqual([])
  expect(chart).toContain('In 24 hours: nothing.')
})

it('has no style and no script, which the content policy forbids', () => {
  expect(chartOf({ delivered: 1, dead: 1 })).not.toMatch(/\sstyle=|<style|<script|\son\w+=/)
})
