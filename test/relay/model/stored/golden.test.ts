import { describe, expect, it } from 'vitest'
import { encodeAgain, FORMS, goldenBodies } from '../../../fixtures/stored/golden-bodies.ts'

describe.each(FORMS)('a stored $form', ({ form, version, decode }) => {
  it('is read as each version wrote it, and is then the same', () => {
    const first = goldenBodies(form, 0).map((body) => decode(body))
    expect(first.length).toBeGreaterThan(0)
    expect(first.map(({ kind }) => kind)).toEqual(first.map(() => 'read'))
    for (let v = 1; v <= version; v += 1) {
      expect(goldenBodies(form, v).map((body) => decode(body))).toEqual(first)
    }
  })

  it('is written now in the form of the latest version', () => {
    const latest = goldenBodies(form, version)
    expect(latest.map(({ v }) => v)).toEqual(latest.map(() => version))
    const written = goldenBodies(form, 0).map((body) => encodeAgain({ form, body }).body)
    expect(JSON.parse(JSON.stringify(written))).toEqual(latest)
  })
})
