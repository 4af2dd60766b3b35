import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { decisionEntry } from '../../relay/pipeline/decision-entry.ts'
import { deliveryRecord } from '../support/delivery-records.ts'

const PAGES = ['docs/delivery.md', 'docs/http.md', 'docs/install.md', 'docs/metrics.md']

/** What stands as code right behind the word log, in the same sentence: `the log says `tokens loaded``. */
const QUOTED = /\blog\b(?:(?!\n\n)[^.`|]){0,60}`([^`]* [^`]*)`/g

const sources = globSync('{hosts,relay,adapters}/**/*.ts', { cwd: projectPath('.') })
  .map(readProjectFile)
  .join('\n')

it.each(PAGES)('%s quotes the log as it is', (page) => {
  const quoted = [...readProjectFile(page).matchAll(QUOTED)].map(([, text = '']) => text)
  expect(quoted.filter((text) => !sources.includes(text))).toEqual([])
})

it('finds what the pages quote', () => {
  const texts = PAGES.map(readProjectFile).join('\n')
  const quoted = [...texts.matchAll(QUOTED)].map(([, text]) => text)
  expect(quoted).toEqual(expect.arrayContaining(['tokens loaded', 'long past due', 'set aside']))
})

it('the table of its fields has each that a decision leaves, and no other', () => {
  const [, section = ''] = readProjectFile('docs/metrics.md').split('## The log\n')
  const cells = [...section.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = '']) => cell)
  const { fields } = decisionEntry({ record: deliveryRecord(), latencyMs: 1 })
  const named = cells.flatMap((cell) => cell.match(/\w+/g) ?? [])
  expect(named.toSorted()).toEqual(Object.keys(fields).toSorted())
})
