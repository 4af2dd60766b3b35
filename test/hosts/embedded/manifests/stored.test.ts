import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../../../hosts/embedded/manifests/documents.ts'
import { objectsIn } from '../../../../hosts/embedded/manifests/objects.ts'
import { readStoredTable, StoredObject, type StoredRow } from '../../../flux/yaml/stored-table.ts'

/** What the manifests folder makes of a manifest: the object, or what is wrong with it. */
function loaded({ yaml }: StoredRow): StoredObject | string {
  const [document] = parseDocuments(yaml, () => false)
  if (!document) return 'nothing'
  if ('problem' in document) return document.problem
  const [found] = objectsIn('local', 'x.yaml', document)
  if (!found || 'notTaken' in found) return 'nothing'
  if ('errors' in found)
    return found.errors.map(({ field, message }) => `${field}: ${message}`).join()
  return StoredObject.parse(Reflect.get(found.content, 'manifest'))
}

/** With the default of Flux's definition, and without the maps that have nothing in them. */
function normal({ metadata, spec }: StoredObject, kind: string) {
  const withDefault = kind === 'Alert' ? { eventSeverity: 'info', ...Object(spec) } : spec
  return {
    metadata: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec: withDefault,
  }
}

/** What the relay takes and Flux's definitions do not: it says more than they do, or it does no harm. */
const TAKEN = /unknown: 1|kind: Foo|timeout: 1d|generation: 1\.5|channel: \{a: b\}/

/** What Flux's definitions take and the relay does not, and says so. */
const REFUSED = /too large; if it is a text, put it in quotes|spec\.eventSources: Too small/

describe('a manifest with what an API server stored of it', () => {
  const table = readStoredTable()

  it('is one of many', () => {
    expect(table.length).toBeGreaterThanOrEqual(100)
    expect(table.filter(({ refused }) => refused === undefined).length).toBeGreaterThan(50)
  })

  it.each(table.map((row) => [row.yaml.split('\n').slice(5).join('\\n'), row] as const))(
    '%s',
    (_, row) => {
      const own = loaded(row)
      const kind = row.yaml.includes('kind: Provider') ? 'Provider' : 'Alert'
      if (typeof own === 'string') {
        if (row.stored) expect(own).toMatch(REFUSED)
      } else if (row.stored) {
        expect(normal(own, kind)).toEqual(normal(row.stored, kind))
      } else {
        expect(row.yaml).toMatch(TAKEN)
      }
    },
  )
})
