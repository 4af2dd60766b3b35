import { expect, it } from 'vitest'
import { email } from '../../relay/providers/email.ts'
import { createCanaries } from '../support/canaries.ts'
import { canaryProvider } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { createAuthority } from '../support/certificates.ts'
import { testClient } from '../support/http-client.ts'
import { startSmtpServer } from '../support/smtp-server.ts'

const authority = await createAuthority()
const certificate = await authority.issue()

/** Ways for a server to say what it was told. */
const ECHOES: readonly ((user: string, password: string) => string)[] = [
  (_, password) => `no ${password}`,
  (user, password) => `no ${user}:${password}`,
  (_, password) => btoa(password),
  (user, password) => btoa(`\0${user}\0${password}`),
]

it.each(ECHOES.map((echo, index) => [index, echo] as const))(
  'the password stays hidden from a server that echoes it (%i)',
  async (_, echo) => {
    const canaries = createCanaries()
    let heard = 0
    const server = await startSmtpServer({
      ...certificate,
      onAuth({ username, password }, _session, done) {
        heard += 1
        const error = new Error(echo(username ?? '', password ?? ''))
        done(Object.assign(error, { responseCode: 535 }))
      },
      authOptional: false,
    })
    const relay = await createCanaryRelay(testClient())
    await relay.deliverTo([
      canaryProvider(canaries, {
        type: email,
        name: 'p0',
        variant: 'inline',
        origin: `http://127.0.0.1:${server.port}`,
        path: 'alpha',
        spec: {
          address: `smtp://127.0.0.1:${server.port}`,
          username: 'flux@example.com',
          channel: 'ops@example.com',
        },
        secret: { username: 'bot', password: canaries.plant('the password') },
        others: { certSecretRef: { 'ca.crt': authority.ca } },
      }),
    ])
    // Once more with the Secret read afresh.
    expect(heard).toBe(2)
    const [record] = await relay.harness.records()
    expect(record).toMatchObject({ outcome: 'dead', reason: expect.stringContaining('535') })
    expectNoLeaks(canaries, await relay.outputs())
  },
)
