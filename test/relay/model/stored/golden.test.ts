import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  encodeAgain,
  FORMS,
  goldenBodies,
  LATER_FORMS,
} from '../../../fixtures/stored/golden-bodies.ts'

const STORED = join(import.meta.dirname, '../../../../relay/model/stored')

const forms = [
  ...FORMS.map((form) => ({ ...form, firstVersion: 0 })),
  ...LATER_FORMS.map((form) => ({ ...form, firstVersion: 1 })),
]

describe.each(forms)('a stored $form', ({ form, version, decode, firstVersion }) => {
  it('is read as each version wrote it, and is then the same', () => {
    const first = goldenBodies(form, firstVersion).map((body) => decode(body))
    expect(first.length).toBeGreaterThan(0)
    expect(first.map(({ kind }) => kind)).toEqual(first.map(() => 'read'))
    for (let v = firstVersion + 1; v <= version; v += 1) {
      expect(goldenBodies(form, v).map((body) => decode(body))).toEqual(first)
    }
  })

  it('is written now in the form of the latest version', () => {
    const latest = goldenBodies(form, version)
    expect(latest.map(({ v }) => v)).toEqual(latest.map(() => version))
    const written = goldenBodies(form, firstVersion).map((body) => encodeAgain({ form, body }).body)
    expect(JSON.parse(JSON.stringify(written))).toEqual(latest)
  })
})

it('there are golden bodies of each form that has a codec', async () => {
  const found = new Set<unknown>()
  for (const file of readdirSync(STORED)) {
    const exported: Readonly<Record<string, unknown>> = await import(join(STORED, file))
    for (const value of Object.values(exported)) {
      const { form, decode } = Object(value)
      if (typeof decode === 'function') found.add(form)
    }
  }
  expect([...found].sort()).toEqual(forms.map(({ form }) => form).sort())
})
