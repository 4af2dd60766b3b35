import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../lib/app.ts'

/** Lambda takes 250 MiB; each one more costs time at a cold start. */
const MAX_BYTES = 3 * 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'flux-relay-synth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a whole synth', () => {
  createApp({ app: { outdir: folder, analyticsReporting: false } }).app.synth()
  const bundles = globSync('asset.*/*', { cwd: folder })

  it('makes a module for each function, and nothing beside it', () => {
    expect(bundles).toHaveLength(4)
    for (const bundle of bundles) {
      expect(bundle).toMatch(/\/index\.mjs$/)
      expect(readFileSync(join(folder, bundle)).length).toBeLessThan(MAX_BYTES)
    }
  })

  it('bundles what the functions import, the SDK too', () => {
    for (const bundle of bundles) {
      const text = readFileSync(join(folder, bundle), 'utf8')
      const imported = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, name = '']) => name)
      expect(imported.filter((name) => /^(@aws-sdk|@smithy|zod|undici|\.)/.test(name))).toEqual([])
    }
  })

  it.each(bundles)('%s has a handler', async (bundle) => {
    for (const name of ['CONFIG_TABLE', 'STATE_TABLE', 'LEDGER_TABLE', 'SECRET_PREFIX']) {
      vi.stubEnv(name, 'test')
    }
    vi.stubEnv('EVENTS_QUEUE_URL', 'http://127.0.0.1/events.fifo')
    vi.stubEnv('RETRIES_QUEUE_URL', 'http://127.0.0.1/retries')
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    const module: unknown = await import(pathToFileURL(join(folder, bundle)).href)
    expect(module).toMatchObject({ handler: expect.any(Function) })
    vi.unstubAllEnvs()
  })
})
