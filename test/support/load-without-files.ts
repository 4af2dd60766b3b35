/**
 * Opens as many files as this process may, and sends a mail and a message of NATS to the port of the first argument, at
 * which nothing listens, and signs a token: what these need is loaded then. Closes the files, and does all of it again.
 * Prints a line of JSON for each time: what was thrown, the cause of the failure, or null.
 */
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import type { TransportFailure } from '../../relay/ports/http.ts'
import { appJwt } from '../../relay/providers/auth/github-app.ts'
import type { GithubApp } from '../../relay/providers/auth/github-app-settings.ts'
import { ManualClock } from './manual-clock.ts'

const port = Number(process.argv[2])
const mailer = createMailer({ allowPrivate: true })
const nats = createNatsPublisher({ allowPrivate: true })
const transport = { timeoutMs: 5_000 }

const mail = {
  server: { host: '127.0.0.1', port, tls: 'none' },
  from: { name: 'Flux', address: 'flux@example.com' },
  to: ['ops@example.com'],
  ...{
    subject: 'failed',
    text: 'text',
    html: '<p>text</p>',
    messageId: '<id@example.com>',
    date: 0,
  },
} as const
const message = { server: `nats://127.0.0.1:${port}`, subject: 's', body: '{}', credentials: {} }
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const app: GithubApp = {
  ...{ kind: 'app', id: '1', installation: { id: '1' }, baseUrl: 'https://api.example.com' },
  ...{ privateKey, privateKeyPem: '' },
}

type Answer = string | TransportFailure | { readonly kind: string }

function outcomeOf(answer: Answer): string | null {
  return typeof answer === 'object' && 'cause' in answer ? answer.cause : null
}

const nameOf = (error: unknown) => (error instanceof Error ? `threw ${error.name}` : null)

async function sendAll(): Promise<string> {
  const outcomes = [
    await mailer.send(mail, transport).then(outcomeOf, nameOf),
    await nats.publish(message, transport).then(outcomeOf, nameOf),
    await appJwt(app, new ManualClock()).then(outcomeOf, nameOf),
  ]
  return JSON.stringify(outcomes)
}

const opened: number[] = []
try {
  for (;;) opened.push(openSync('/dev/null', 'r'))
} catch {
  // All that it may open is open.
}
const before = await sendAll()
for (const file of opened) closeSync(file)
process.stdout.write(`${before}\n${await sendAll()}\n`)
