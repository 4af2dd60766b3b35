import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { alertYaml } from '../support/manifest-files.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { startHttpServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'

const OPEN_FILES = 200

// Only Linux tells how many files a process may have open.
it.runIf(process.platform === 'linux')(
  'sends on while more connections are opened to it than it may have files',
  async () => {
    let sent = 0
    const sink = await startHttpServer((request, response) => {
      // So each delivery needs a connection of its own.
      request.resume().on('end', () => response.setHeader('Connection', 'close').end())
      sent += 1
    })
    const address = `http://127.0.0.1:${sink.port}/hook`
    const manifests = manifestsFolder({
      'alert.yaml': alertYaml('all'),
      'provider.yaml': providerYaml('slack', { type: 'generic', address }),
    })
    const relay = await startRelay({ manifests, openFiles: OPEN_FILES })
    const post = posterTo(relay.url)
    await post('before')
    await waitFor(() => expect(sent).toBe(1))
    let closed = 0
    for (let count = 0; count < 2 * OPEN_FILES; count += 1) {
      const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => undefined)
      socket.on('close', () => {
        closed += 1
      })
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{')
    }
    await waitFor(() => expect(closed).toBeGreaterThan(OPEN_FILES))
    for (const name of ['one', 'two', 'three']) await post(name)
    await waitFor(() => expect(sent).toBe(4))
    expect(relay.log().filter(({ msg }) => msg === 'retry')).toEqual([])
    await relay.logged({ mostConnections: OPEN_FILES / 2 })
  },
)

/** Posts events by one connection, which stays open. */
function posterTo(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return async (name: string) => {
    const posted = request(url, { method: 'POST', agent })
    posted.end(JSON.stringify(kustomizationEvent(name, 'c'.repeat(40), name)))
    const [answer] = await once(posted, 'response')
    expect(answer.resume().statusCode).toBe(202)
    await once(answer, 'end')
  }
}
