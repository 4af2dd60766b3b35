import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../relay/model/secret.ts'
import { nats } from '../../relay/providers/nats.ts'
import { createCanaries } from '../support/canaries.ts'
import { canaryProvider } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { testClient } from '../support/http-client.ts'
import { createHierarchy, natsUser } from '../support/nats-credentials.ts'
import {
  type NatsConnect,
  type NatsServerOptions,
  startNatsServer,
} from '../support/nats-server.ts'

const { creds, user, userJwt } = createHierarchy()
const { seed } = natsUser()

/** Ways for a server to say what it was told. */
const ECHOES: readonly ((connect: NatsConnect) => string)[] = [
  ({ pass, jwt }) => `Authorization Violation for ${pass ?? jwt}`,
  (connect) => `Authorization Violation ${JSON.stringify(connect)}`,
  ({ pass, jwt }) => `${'x'.repeat(170)} ${pass ?? jwt}`,
  ({ pass, jwt }) => btoa(String(pass ?? jwt)),
]

const CREDENTIALS: Readonly<Record<string, SecretData>> = {
  'user and password': {},
  'an NKey': { nkey: seed },
  creds: { creds },
}

describe.each(Object.keys(CREDENTIALS))('%s', (name) => {
  it.each(ECHOES.map((echo, index) => [index, echo] as const))(
    'stay hidden from a server that echoes them (%i)',
    async (_, echo) => {
      let connect: NatsConnect = {}
      const atConnect: NatsServerOptions = { judgeConnect: echo }
      const atMessage: NatsServerOptions = {
        judgeConnect: (told) => {
          connect = told
          return undefined
        },
        judgeMessage: () => echo(connect),
      }
      const servers = await Promise.all([startNatsServer(atConnect), startNatsServer(atMessage)])
      const canaries = createCanaries()
      const relay = await createCanaryRelay(testClient())
      await relay.deliverTo(
        servers.map(({ port }, index) =>
          canaryProvider(canaries, {
            type: nats,
            name: `p${index}`,
            variant: 'secret',
            origin: `http://127.0.0.1:${port}`,
            path: 'alpha',
            ...{ secret: CREDENTIALS[name] ?? {} },
          }),
        ),
      )
      expect(servers.map(({ connects }) => connects.length > 0)).toEqual([true, true])
      const records = await relay.harness.records()
      expect(records.map(({ outcome }) => outcome)).not.toContain('delivered')
      const outputs = await relay.outputs()
      expectNoLeaks(canaries, outputs)
      const all = Object.values(outputs).join('\n')
      for (const secret of [seed, user.seed, userJwt, btoa(userJwt)]) {
        expect(all).not.toContain(secret.slice(0, 40))
      }
    },
  )
})
