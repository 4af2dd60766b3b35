import type { Event } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import { ellipsize } from '../../model/text.ts'
import {
  type CustomDelivery,
  type CustomProvider,
  customProvider,
  type Notification,
  NotificationError,
  type TryPorts,
} from '../contract.ts'
import { markdownPost } from '../messages/markdown-post.ts'
import { cutToFit } from '../messages/size-limit.ts'
import type { CommentForge, CommentSettings } from './comment-forge.ts'
import { keepComment } from './comment-upkeep.ts'

/**
 * Makes a type that keeps one comment for each object on a change request: it is created once, and
 * edited afterwards. Its marker is that of notification-controller, so that each edits what the
 * other created.
 */
export function changeRequestComment<S extends CommentSettings>(
  forge: CommentForge<S>,
): CustomProvider<S> {
  return customProvider<S>({
    type: forge.type,
    family: 'change-request',
    hasTitle: true,
    hasLink: true,
    settings: forge.settings,
    followsRedirects: true,
    skipsMerged: namesNoChangeRequest,
    host: (settings) => new URL(forge.urls(settings, '1').comments).host,
    fit: (notification, settings) =>
      cutToFit(
        notification,
        (candidate) => bodyOf(forge, settings, candidate).length <= forge.maxLength,
      ),
    subject: ({ event }, settings) => ({ key: JSON.stringify(identityOf(forge, settings, event)) }),
    deliver: (notification, settings, tryPorts) => deliver(forge, notification, settings, tryPorts),
  })
}

async function deliver<S extends CommentSettings>(
  forge: CommentForge<S>,
  notification: Notification,
  settings: S,
  tryPorts: TryPorts,
): Promise<CustomDelivery> {
  const { event } = notification
  const urls = forge.urls(settings, changeRequestOf(event))
  const authorization = await forge.authorize(settings, tryPorts)
  if (authorization.kind !== 'authorized') return { verdict: authorization }
  const { headers } = authorization
  const { secrets = [], ...delivery } = await keepComment({
    forge,
    classify: (response) => forge.classify(response),
    urls,
    headers,
    tryPorts,
    self: () => forge.self(settings, headers, tryPorts),
    memoryKey: hashParts('comment', ...identityOf(forge, settings, event)),
    marker: markerOf(forge, settings, event),
    body: bodyOf(forge, settings, notification),
  })
  if (delivery.verdict.kind === 'unauthorized') {
    for (const token of authorization.secrets) tryPorts.tokens.forget(token)
  }
  return { ...delivery, secrets: [...authorization.secrets, ...secrets] }
}

/** What identifies a comment: its change request, and the Provider and object in its marker. */
function identityOf<S extends CommentSettings>(
  forge: CommentForge<S>,
  settings: S,
  event: Event,
): readonly string[] {
  const { comments } = forge.urls(settings, changeRequestOf(event))
  return [comments, markerOf(forge, settings, event)]
}

function bodyOf<S extends CommentSettings>(
  forge: CommentForge<S>,
  settings: S,
  notification: Notification,
) {
  const post = markdownPost(notification, forge.lineEnd)
  return `${markerOf(forge, settings, notification.event)}\n\n${post}`
}

function markerOf<S extends CommentSettings>(
  { markerName }: CommentForge<S>,
  { providerUid }: S,
  { involvedObject: { kind, namespace, name } }: Event,
): string {
  const object = `${kind}/${namespace}/${name}`
  // No name of Kubernetes has what would end the marker; an event may.
  return `<!-- ${markerName}:${providerUid}/${object.replace(/[<>\r\n]/g, encodeURIComponent)} -->`
}

/**
 * The reason why an event names no change request; undefined when it names one. An Alert's metadata
 * may remove the one of the event.
 */
function namesNoChangeRequest({ metadata }: Event): string | undefined {
  return metadata.change_request ? undefined : 'the event names no change request'
}

/** The number of the change request, from the final metadata. */
function changeRequestOf({ metadata }: Event): string {
  const text = metadata.change_request ?? ''
  if (!/^\d{1,15}$/.test(text)) {
    const shown = ellipsize(text, 80)
    throw new NotificationError(`metadata change_request is not a number: "${shown}"`)
  }
  return String(Number(text))
}
