import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpServer } from '../../support/servers.ts'

const RUN = join(import.meta.dirname, '../../support/open-all-files.ts')

describe('a process with too many files open says so of itself, and not of the destination', () => {
  // Windows has no such limit, and no sh.
  it.runIf(process.platform !== 'win32')(
    'when it connects, also to a proxy, and by name',
    async () => {
      const server = await startHttpServer((_, response) => response.end())
      const url = `http://127.0.0.1:${server.port}`
      const command = 'ulimit -n 100 && exec "$0" "$@"'
      const args = [
        '-c',
        command,
        process.execPath,
        RUN,
        url,
        url,
        `http://localhost:${server.port}`,
      ]
      const { stdout } = await promisify(execFile)('sh', args)
      const lines = stdout.trimEnd().split('\n')
      const told = [`cannot connect to 127.0.0.1:${server.port} (EMFILE)`, 'host', false]
      const unnamed = ['localhost: the name look-up failed (EMFILE)', 'host', false]
      expect(lines.map((line) => JSON.parse(line))).toEqual([told, told, unnamed])
    },
  )

  it.each(['EMFILE', 'ENFILE'])('when a look-up says so: %s', async (code) => {
    const resolve = () => Promise.reject(Object.assign(new Error(code), { code }))
    const result = await testClient({ resolve }).send(post('http://name.test/'), PATIENT)
    expect(result).toMatchObject(failure('host', false))
  })
})
