import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { providerTypes } from '../../../relay/providers/registry.ts'

/** Files of the directory that are not a type. */
const SHARED = new Set([
  'contract',
  'header-text',
  'load-part',
  'notification-memory',
  'registry',
  'secret-parts',
  'setting-error',
  'settings',
  'settings-input',
  'user-info',
  'verdict',
])

const files = (path: string) =>
  readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

describe('registry', () => {
  const types = files('../../../relay/providers')
    .map((name) => name.replace(/\.ts$/, ''))
    .filter((name) => !SHARED.has(name))

  it('equals the directory', () => {
    expect([...providerTypes.keys()].sort()).toEqual(types.sort())
  })

  it('has every type under its own name', () => {
    for (const [name, type] of providerTypes) expect(type.type).toBe(name)
  })

  it('has a test for every type', () => {
    const tests = files('.').map((name) => name.replace(/\.test\.ts$/, ''))
    expect(types.filter((type) => !tests.includes(type))).toEqual([])
  })
})
