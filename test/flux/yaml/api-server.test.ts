import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { ruleExamples } from '../../docs/rule-examples.ts'
import { CACHE_FOLDER, PROGRAMS } from '../../kubernetes/programs.ts'
import { type Definition, fluxDefinitions } from '../crds/definitions.ts'
import { referenceProgram } from '../reference-program.ts'
import { DocumentRow } from './document-table.ts'
import { startFluxServer } from './flux-server.ts'
import { readStoredTable } from './stored-table.ts'

const RuledObject = z.looseObject({
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()) }),
})

const assets = process.env.KUBEBUILDER_ASSETS || CACHE_FOLDER
const program = referenceProgram('yaml')
const definitions = program && readDefinitions()

/** Undefined, and one line that says why, where no API server can be had with Flux's definitions. */
function readDefinitions(): readonly Definition[] | undefined {
  const missing = PROGRAMS.filter((name) => !existsSync(join(assets, name)))
  try {
    if (missing.length > 0) throw new Error(`npm run kube:assets has made no ${missing.join(', ')}`)
    return fluxDefinitions()
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    process.stdout.write(`test:flux: the API server is skipped, since ${reason}\n`)
    return undefined
  }
}

describe.skipIf(!definitions)('an API server with Flux’s definitions', () => {
  it('stores what the table says', async () => {
    const server = await startFluxServer(assets, definitions ?? [])
    onTestFinished(() => server.stop())
    const table = readStoredTable()
    const answers = program?.ask(table.map(({ yaml }) => ({ yaml }))) ?? []
    const rows = answers.map((answer) => DocumentRow.parse(answer))
    const stored = []
    for (const { yaml, json = [] } of rows) stored.push({ yaml, ...(await server.store(json[0])) })
    expect(stored).toEqual(table)
  })

  it('takes every example of rules, with its annotations', async () => {
    const server = await startFluxServer(assets, definitions ?? [])
    onTestFinished(() => server.stop())
    for (const { object } of ruleExamples()) {
      const { metadata } = RuledObject.parse(object)
      const written = { ...object, metadata: { ...metadata, namespace: 'default' } }
      const { stored } = await server.store(written)
      expect([metadata.name, Object(stored?.metadata).annotations]).toEqual([
        metadata.name,
        metadata.annotations,
      ])
    }
  })
})
