import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createAuthority } from '../support/certificates.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { kustomizationEvent, manifestsFolder } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { startSmtpServer } from '../support/smtp-server.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

function secret(name: string, stringData: Readonly<Record<string, string>>): string {
  const metadata = { name, namespace: 'flux-system' }
  return stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
}

function header(raw: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(raw)?.[1]?.trim()
}

it('mails what happened in threads by object, over TLS of an authority of its own', async () => {
  const authority = await createAuthority()
  const server = await startSmtpServer({
    ...(await authority.issue()),
    password: 'the-password',
  })
  const provider = stringify({
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: {
      name: 'mail',
      namespace: 'flux-system',
      annotations: { 'flux-relay.io/type': 'email' },
    },
    spec: {
      type: 'generic',
      address: `smtp://127.0.0.1:${server.port}`,
      username: 'Flux <flux@example.com>',
      channel: 'ops@example.com',
      secretRef: { name: 'login' },
      certSecretRef: { name: 'authority' },
    },
  })
  const manifests = manifestsFolder({
    'mail.yaml': [
      provider,
      alertYaml('mail').replace('name: slack', 'name: mail'),
      secret('login', { username: 'flux', password: 'the-password' }),
      secret('authority', { 'ca.crt': authority.ca }),
    ].join('---\n'),
  })
  const relay = await startRelay({ manifests })
  for (const name of ['podinfo', 'podinfo', 'webapp']) {
    const count = (await relay.deliveries()).length
    await relay.post(kustomizationEvent(name, SHA.replace('9', String(count))))
    await relay.logged({ outcome: 'delivered' }, count + 1)
  }
  expect((await relay.deliveries()).map(({ provider: to }) => to?.type)).toEqual([
    'email',
    'email',
    'email',
  ])
  expect(server.mails).toMatchObject(
    Array.from({ length: 3 }, () => ({ user: 'flux', isSecure: true, to: ['ops@example.com'] })),
  )
  const [first, second, other] = server.mails.map(({ raw }) => ({
    id: header(raw, 'Message-ID'),
    thread: header(raw, 'References'),
  }))
  expect(first?.thread).toMatch(/^<[0-9a-f]{32}@example\.com>$/)
  expect(second?.thread).toBe(first?.thread)
  expect(other?.thread).not.toBe(first?.thread)
  expect(new Set([first?.id, second?.id, other?.id]).size).toBe(3)
})
