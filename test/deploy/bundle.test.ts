import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundleShipper } from '../../deploy/image/bundle.ts'
import { readyUrl, startProgram } from '../support/relay-process.ts'
import { tokenFileOf } from '../support/shipper-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// Outside of the project: nothing in node_modules is to be found from here.
const folder = mkdtempSync(join(tmpdir(), 'flux-relay-image-'))
const bundle = join(folder, 'flux-relay-ship.mjs')
bundleShipper(bundle)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (...args: readonly string[]) => startProgram(process.execPath, [bundle, ...args])

describe('the one file of the container image', () => {
  it('imports what is built into Node and nothing else', () => {
    const text = readFileSync(bundle, 'utf8')
    const imports = text.matchAll(/^import\b[^'"\n]*["']([^"']+)["']/gm)
    const names = [...imports].map(([, name = '']) => name)
    expect(names).toContain('node:sqlite')
    expect(names.filter((name) => !isBuiltin(name))).toEqual([])
  })

  it('shows its options, and ends as the command does', async () => {
    const [help, wrong] = await Promise.all([start('--help').ended, start('--relay=x').ended])
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--token-file') })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--cluster') })
  })

  it('keeps events on disk and says that it is alive', async () => {
    const program = start(
      ...['--relay=http://127.0.0.1:1', '--cluster=prod', `--token-file=${tokenFileOf('token')}`],
      ...[`--data=${temporaryDirectory()}`, '--host=127.0.0.1', '--port=0'],
    )
    const url = await readyUrl(program)
    const probes = ['healthz', 'readyz'].map((name) => fetch(`${url}/${name}`))
    expect((await Promise.all(probes)).map(({ status }) => status)).toEqual([200, 200])
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' }
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ involvedObject }) })
    expect(answer.status).toBe(202)
    expect(await program.end('SIGTERM')).toMatchObject({ code: 0 })
  })
})
