import fc from 'fast-check'
import { MAX_MESSAGE_LENGTH, readableEvent } from '../../relay/model/event.ts'
import { cutText } from '../../relay/model/text.ts'
import type { Notification } from '../../relay/providers/contract.ts'
import { anyCharacter } from './any-character.ts'
import { notificationOf } from './notifications.ts'
import { webUrl } from './web-url.ts'

/** Pieces of text that a format may trip over. */
const PIECES = [
  'plain words. ',
  'x',
  '*_~`[a](https://e.x)>#+-=|{}.!\\',
  '<font color="x">&amp;\'"</font>',
  '\u0000\u0001\u001b\u007f\u0085',
  'déployé 漢字 🚀👨‍👩‍👧',
  '\n',
  '\r\n\t',
  '\u2028\u2029\ufeff\u200b',
  'a=b&c=%00;d\n{"type":"event"}\n',
  '🚀',
] as const

/** Any text of up to so many UTF-16 units, without lone surrogates, which intake replaces. */
function textArbitrary(maxLength: number): fc.Arbitrary<string> {
  const repeated = fc
    .tuple(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }), fc.nat(maxLength))
    .map(([pieces, length]) => {
      const piece = pieces.join('')
      return cutText(piece.repeat(Math.ceil(length / piece.length)), length)
    })
  const short = fc.string({ unit: anyCharacter, maxLength: Math.min(maxLength, 40) })
  return fc.oneof(
    repeated,
    short.map((text) => cutText(text, maxLength)),
  )
}

const nonEmpty = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((text) => text || 'x')

/** Names of Kubernetes, and whatever else intake lets through. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,252}$/),
  fc.nat({ max: 252 }).map((length) => `n${'-'.repeat(length)}`),
  nonEmpty(textArbitrary(253)),
)

const metadata = fc.array(
  fc.tuple(nonEmpty(textArbitrary(300)), fc.oneof(textArbitrary(300), textArbitrary(20_000))),
  { maxLength: 40, size: 'max' },
)

/** A reason is a word, mostly. */
const reason = fc.oneof(
  fc.constantFrom('ReconciliationSucceeded', 'HealthCheckFailed', 'aB'.repeat(400), ''),
  textArbitrary(1_000),
)

/** What a Notification may be in the worst case, about this commit. */
export function notificationArbitrary(commit: string): fc.Arbitrary<Notification> {
  const base = notificationOf('kustomization-applied')
  return fc
    .record({
      severity: fc.constantFrom('info', 'error'),
      message: textArbitrary(MAX_MESSAGE_LENGTH),
      reason,
      reportingController: fc.oneof(fc.constant('kustomize-controller'), textArbitrary(600)),
      metadata,
      object: fc.record({ kind: name, namespace: name, name, uid: textArbitrary(600) }),
      commitStatusContext: nonEmpty(textArbitrary(600)),
      link: fc.option(webUrl),
      isCommitKnown: fc.boolean(),
    })
    .map(({ object, commitStatusContext, metadata: entries, link, isCommitKnown, ...event }) => ({
      ...base,
      commitStatusContext,
      // No forge takes a longer one than GitLab.
      ...(link !== null && link.length <= 255 && { link: new URL(link).href }),
      ...(isCommitKnown && { commitPage: commitPage(commit) }),
      event: readableEvent({
        ...base.event,
        ...event,
        involvedObject: { ...base.event.involvedObject, ...object },
        metadata: { ...Object.fromEntries(entries), revision: `main@sha1:${commit}` },
      }),
    }))
}

function commitPage(commit: string): Notification['commitPage'] {
  return { key: 'revision', url: `https://git.example/fleet/infra/commit/${commit}` }
}
