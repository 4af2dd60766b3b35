import { hashParts } from '../../model/hash.ts'
import { cutText } from '../../model/text.ts'
import type { MailMessage } from '../../ports/mail.ts'
import type { Notification } from '../contract.ts'
import { latenessLines, messageWithLateness } from './lateness.ts'
import { reasonPhrase, sortedMetadata, titleOf } from './names.ts'

/** The longest subject, in UTF-16 units. */
const MAX_SUBJECT_LENGTH = 200

/** What a mail says, of the sender's address only the domain matters: ids are made below it. */
export function mailOf(
  notification: Notification,
  from: string,
): Omit<MailMessage, 'server' | 'from' | 'to'> {
  const { deliveryId, triedAt } = notification
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const thread = threadOf(notification)
  return {
    subject: subjectOf(notification),
    text: textOf(notification),
    html: htmlOf(notification),
    messageId: idOf(deliveryId, domain),
    ...(thread !== undefined && { threadId: idOf(thread, domain) }),
    date: triedAt,
  }
}

/** The hash of the thread: that of the rule, or else of the object. What tells of many objects is in none. */
function threadOf({ cluster, event, provider, thread, ofGroup }: Notification): string | undefined {
  if (ofGroup === true) return undefined
  const { kind, namespace, name } = event.involvedObject
  return thread === undefined
    ? hashParts('object', provider.uid, cluster, kind, namespace, name)
    : hashParts('thread', provider.uid, cluster, thread.name)
}

/** Enough of a hash that no two are the same, and little enough that its line of the header is not folded. */
const ID_LENGTH = 32

function idOf(hash: string, domain: string): string {
  return `<${hash.slice(0, ID_LENGTH)}@${domain}>`
}

/**
 * The title of the rule, or the name of the thread of the rule, since Gmail makes a thread only of mails with one
 * subject; or else the cluster, the object and the reason. One line.
 */
function subjectOf(notification: Notification): string {
  const { cluster, event, title, thread } = notification
  const own = `[${cluster}] ${titleOf(notification)}: ${reasonPhrase(event.reason)}`
  const line = (title ?? thread?.name ?? own).replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return cutText(line, MAX_SUBJECT_LENGTH)
}

/** What stands below the message, each with its name. */
function detailsOf(notification: Notification): ReadonlyArray<readonly [string, string]> {
  const { cluster, event, ofGroup } = notification
  const { kind, namespace, name } = event.involvedObject
  return [
    ...sortedMetadata(event),
    ...(ofGroup === true ? [] : [['object', `${kind} ${namespace}/${name}`] as const]),
    ['cluster', cluster],
    ['reason', event.reason],
    ['severity', event.severity],
  ]
}

function textOf(notification: Notification): string {
  const { link } = notification
  const details = detailsOf(notification).map(([name, value]) => `${name}: ${value}`)
  const parts = [messageWithLateness(notification), details.join('\n'), ...(link ? [link] : [])]
  return `${parts.join('\n\n')}\n`
}

function htmlOf(notification: Notification): string {
  const { event, link, commitPage } = notification
  const title = titleOf(notification)
  const linked = (text: string, url: string | undefined) =>
    url === undefined ? escapeHtml(text) : `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`
  const rows = detailsOf(notification).map(([name, value]) => {
    const page = commitPage?.key === name && value.trim() !== '' ? commitPage.url : undefined
    return `<tr><th align="left">${escapeHtml(name)}</th><td>${linked(value, page)}</td></tr>`
  })
  const late = latenessLines(notification).map((line) => `<p><em>${escapeHtml(line)}</em></p>`)
  return [
    `<p><strong>${linked(title, link)}</strong></p>`,
    `<p style="white-space: pre-wrap">${escapeHtml(event.message)}</p>`,
    ...late,
    `<table>${rows.join('')}</table>`,
  ].join('\n')
}

/** A text as HTML shows it, also within the quotes of an attribute. */
function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
