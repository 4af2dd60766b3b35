import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { closedPort, startHttpServer } from '../../support/servers.ts'

/** Runs a script of `test/support` that may have few files open. Resolves with its lines of JSON. */
async function runWithFewFiles(script: string, ...args: readonly string[]): Promise<unknown[]> {
  const path = join(import.meta.dirname, '../../support', script)
  const command = 'ulimit -n 100 && exec "$0" "$@"'
  const run = promisify(execFile)('sh', ['-c', command, process.execPath, path, ...args])
  const { stdout } = await run
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

// Windows has no such limit, and no sh.
describe.runIf(process.platform !== 'win32')('a process that may open no more files', () => {
  it('says so, and blames no destination, when it connects, also to a proxy, and by name', async () => {
    const { port } = await startHttpServer((_, response) => response.end())
    const url = `http://127.0.0.1:${port}`
    const lines = await runWithFewFiles('open-all-files.ts', url, url, `http://localhost:${port}`)
    const told = [`cannot connect to 127.0.0.1:${port} (EMFILE)`, 'host', false]
    const unnamed = ['localhost: the name look-up failed (EMFILE)', 'host', false]
    expect(lines).toEqual([told, told, unnamed])
  })

  it('blames nobody for a library that it cannot load, and loads it later', async () => {
    const lines = await runWithFewFiles('load-without-files.ts', `${await closedPort()}`)
    expect(lines).toEqual([
      ['threw Error', 'threw Error', 'threw HostAtLimit'],
      ['connect', 'connect', null],
    ])
  })
})

describe('a process with too many files open says so of itself, and not of the destination', () => {
  it.each(['EMFILE', 'ENFILE'])('when a look-up says so: %s', async (code) => {
    const resolve = () => Promise.reject(Object.assign(new Error(code), { code }))
    const result = await testClient({ resolve }).send(post('http://name.test/'), PATIENT)
    expect(result).toMatchObject(failure('host', false))
  })
})
