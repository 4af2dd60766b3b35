import { z } from 'zod'
import type { MailMessage, MailSent, MailServer, RefusedRecipient } from '../ports/mail.ts'
import { classifyFailure } from './answers/classify.ts'
import { type CustomDelivery, customProvider } from './contract.ts'
import { annotationFlag } from './forges/annotation-flag.ts'
import { mailOf } from './messages/mail.ts'
import { parseMailAddress, parseRecipients, parseSender } from './messages/mail-addresses.ts'
import { type Served, ServedRecipients } from './messages/served-recipients.ts'
import { quotable } from './messages/service-message.ts'
import { optionalSecretText, optionalText } from './settings.ts'

interface Settings {
  readonly server: MailServer
  readonly from: MailMessage['from']
  readonly to: readonly string[]
}

const Fields = z.object({
  address: optionalText(),
  channel: optionalText(),
  specUsername: optionalText(),
  username: optionalText(),
  password: optionalSecretText(),
  annotations: z.object({ 'smtp-plain': z.string().optional() }),
})
type Fields = z.infer<typeof Fields>

const ADDRESS_EXPECTED =
  'set spec.address to the server, such as smtp://smtp.example.com:587 or smtps://smtp.example.com'

const Settings = Fields.transform((fields, context): Settings => {
  const issue = (field: keyof Fields, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const { username, password } = fields
  const from = parseSender(fields.specUsername || username)
  if ('error' in from) issue('username', from.error)
  const to = parseRecipients(fields.channel)
  if ('error' in to) issue('channel', to.error)
  const isPlain = annotationFlag(fields.annotations, 'smtp-plain')
  if (typeof isPlain === 'string') issue('annotations', isPlain)
  const address = parseMailAddress(fields.address)
  if (address === undefined) issue('address', ADDRESS_EXPECTED)
  else if (address.tls === 'implicit' && isPlain === true) {
    issue('annotations', 'flux-relay.io/smtp-plain: "true" is for an address with smtp:// alone')
  }
  if (isPlain === true && password !== '') {
    issue('annotations', 'flux-relay.io/smtp-plain: "true" sends no password: remove one of them')
  }
  if (address === undefined || 'error' in from || 'error' in to) return z.NEVER
  const tls = isPlain === true ? 'none' : address.tls
  // The Secret may have a password alone.
  const user = username === fields.specUsername ? from.address : username
  const login = password === '' ? undefined : { user, password }
  return { server: { ...address, tls, ...(login && { login }) }, from, to }
})

/**
 * E-mail by SMTP to a server that takes mail from its users, over TLS: RFC 5321, RFC 6409, RFC 8314.
 */
export const email = customProvider<Settings>({
  type: 'email',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: Settings,
  // A thread is an id that its mails refer to.
  threading: {},
  host: ({ server }) => `${server.host}:${server.port}`,
  async deliver(notification, { server, from, to }, tryPorts): Promise<CustomDelivery> {
    const memory = new ServedRecipients(notification, to, tryPorts)
    const served = await memory.read()
    const left = to.filter((each) => !served.recipients.includes(each))
    const mail = { server, from, to: left, ...mailOf(notification, from.address) }
    const result =
      left.length === 0 ? ({ kind: 'sent', ...ALL_SERVED } as const) : await tryPorts.mail(mail)
    const notes = served.refusals
    switch (result.kind) {
      case 'failure':
        return { verdict: classifyFailure(result), notes }
      case 'sent':
        return afterSending(to, result, served, memory)
      case 'refused': {
        // The others are done with.
        const whom =
          left.length < to.length ? ` to a mail for ${quotable(left.join(', '))} alone` : ''
        const reason = `the server answered${whom}: ${quotable(result.detail)}`
        if (result.isPassing) {
          // A single recipient that has to wait is no failure of the server.
          const isPartly = served.recipients.length > 0 && result.cause === 'message'
          const applied = isPartly ? 'partly' : 'no'
          return { verdict: { kind: 'retry', reason, applied }, notes }
        }
        const kind = result.cause === 'credentials' ? 'unauthorized' : 'rejected'
        return { verdict: { kind, reason }, notes }
      }
    }
  },
})

/** What comes of a mail that the server took, for all or for some of the recipients. */
async function afterSending(
  to: readonly string[],
  { answer, refused }: MailSent,
  served: Served,
  memory: ServedRecipients,
): Promise<CustomDelivery> {
  const deferred = refused.filter(({ isPassing }) => isPassing)
  const refusals = refused
    .filter(({ isPassing }) => !isPassing)
    .map((each) => `the server refused a recipient: ${refusalText(each)}`)
  const notes = [...served.refusals, ...refusals]
  const [first] = deferred
  if (first === undefined) {
    await memory.end()
    return { verdict: { kind: 'delivered', reason: quotable(answer) }, notes }
  }
  const waiting = deferred.map(({ address }) => address.toLowerCase())
  const recipients = to.filter((each) => !waiting.includes(each.toLowerCase()))
  await memory.write({ recipients, refusals: notes })
  const reason = `the server lets ${deferred.length} of ${to.length} recipients wait: ${refusalText(first)}`
  return { verdict: { kind: 'retry', reason, applied: 'partly' }, notes }
}

/** The answer when a Provider that was changed meanwhile names nobody any more who waits for the mail. */
const ALL_SERVED = { answer: 'no recipient waits for it any more', refused: [] }

function refusalText({ address, said }: RefusedRecipient): string {
  return quotable(`${address}: ${said}`)
}
