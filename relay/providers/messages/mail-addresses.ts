import type { MailMessage, MailServer } from '../../ports/mail.ts'
import type { SettingError } from '../setting-error.ts'

/** The most recipients of a Provider: a server has to take 100, RFC 5321, section 4.5.3.1.8. */
const MAX_RECIPIENTS = 50

/**
 * A mailbox of ASCII without quotes, comments and routes: RFC 5321, section 4.1.2. Nothing in it can end a
 * command or a header.
 */
const MAILBOX =
  /^[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,20}$/

/** `Flux <flux@example.com>`: the name is any text without what has a meaning here. */
const NAMED = /^(?<name>[^<>",;:\\\p{Cc}]{1,100}?)\s{0,10}<(?<address>[^<>\s]{3,320})>$/u

/** Ports of submission: RFC 6409 and RFC 8314. */
const PORTS = { 'smtp:': 587, 'smtps:': 465 } as const

/** Reads `smtp://host:port` or `smtps://host:port`; undefined for anything else. */
export function parseMailAddress(
  text: string,
): Pick<MailServer, 'host' | 'port' | 'tls'> | undefined {
  const [, scheme = '', rest = ''] = /^(smtps?):\/\/([\w.:[\]-]{1,300})\/?$/i.exec(text) ?? []
  const url = URL.parse(`http://${rest}`)
  if (url === null || rest === '' || url.port === '0') return undefined
  const isImplicit = scheme.toLowerCase() === 'smtps'
  // The URL parser leaves out the port of http.
  const given = /:(\d+)$/.exec(rest)?.[1]
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: given === undefined ? PORTS[isImplicit ? 'smtps:' : 'smtp:'] : Number(given),
    tls: isImplicit ? 'implicit' : 'starttls',
  }
}

/** Reads the sender: an address, or a name and an address in angle brackets. */
export function parseSender(text: string): MailMessage['from'] | SettingError {
  const named = NAMED.exec(text)?.groups
  const address = named?.address ?? text
  if (MAILBOX.test(address)) return { name: named?.name?.trim() ?? '', address }
  return {
    error:
      'set spec.username to who the mail is from, such as flux@example.com or Flux <flux@example.com>',
  }
}

/** Reads the recipients: addresses with commas between them. */
export function parseRecipients(text: string): readonly string[] | SettingError {
  const addresses = text.split(',').map((each) => each.trim())
  const given = [...new Set(addresses.filter((each) => each !== ''))]
  if (given.length === 0) {
    return { error: 'set spec.channel to the recipients, such as ops@example.com,dev@example.com' }
  }
  if (given.length > MAX_RECIPIENTS) {
    return { error: `expected at most ${MAX_RECIPIENTS} recipients; take a mailing list` }
  }
  const wrong = given.findIndex((each) => !MAILBOX.test(each))
  return wrong < 0 ? given : { error: `recipient ${wrong + 1} is no address of ASCII` }
}
