import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../relay/model/secret.ts'
import {
  type HttpProvider,
  type Notification,
  NotificationError,
} from '../../relay/providers/contract.ts'
import { describeForgeFailures } from '../support/forge-failures.ts'
import {
  type FixtureName,
  notificationOf,
  requestsOf,
  settingsOf,
  withJsonBody,
} from '../support/notifications.ts'

/** The commit that the events in test/fixtures/events name. */
export const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/** The body of a request that sets a status. Its keys are in the order in which they are sent. */
type Status = Readonly<Record<string, unknown>>

/** What a commit status type sends, written by hand from the forge's documents. */
export interface CommitStatusFixtures {
  /** The address of the Provider. */
  readonly address: string
  /** The keys of the Provider's Secret. */
  readonly secret: SecretData
  /** The URL to which each status of `COMMIT` is posted. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The status of `kustomization-applied`. */
  readonly success: Status
  /** The status of `kustomization-health-check-failed`. */
  readonly failure: Status
  /** The status of `helmrelease-change-request`, a preview whose revision is a chart version. */
  readonly preview: Status
  /** The status of `kustomization-configured`. A type without one skips what is under way. */
  readonly progress?: Status
  /** What becomes of a context of 256 times the letter c in a status. */
  readonly longContext: Status
  /** Reasons of events around the longest description that the forge takes. */
  readonly cuts: readonly (readonly [what: string, reason: string, description: string])[]
  /** The stored key of the subject of `kustomization-applied`, and what each status shows. */
  readonly subject: {
    readonly key: string
    readonly success: string
    readonly failure: string
    readonly progress?: string
  }
  /** Addresses whose commits have statuses of their own, by what is different. */
  readonly others: readonly (readonly [what: string, address: string])[]
}

/** What is expected of every commit status type. */
export function describeCommitStatus<S>(
  type: HttpProvider<S>,
  fixtures: CommitStatusFixtures,
): void {
  describe(`${type.type} as a commit status type`, () => {
    describeRequests(type, fixtures)
    describeDescriptions(type, fixtures)
    describeSkips(type, fixtures)
    describeSubject(type, fixtures)
    describeRefusals(type, fixtures)
    describeForgeFailures(type)
  })
}

function settingsFor<S>(type: HttpProvider<S>, { address, secret }: CommitStatusFixtures): S {
  return settingsOf(type, { address }, secret)
}

/** The events with a status, each with the name of its status in the fixtures. */
function reportedBy({ progress }: CommitStatusFixtures) {
  const results = [
    ['kustomization-applied', 'success'],
    ['kustomization-health-check-failed', 'failure'],
  ] as const
  return progress === undefined
    ? results
    : ([...results, ['kustomization-configured', 'progress']] as const)
}

const WITHOUT_COMMIT: readonly (readonly [what: string, notification: Notification])[] = [
  ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
  ['a chart version', notificationOf('helmrelease-upgrade-failed')],
]

function describeRequests<S>(type: HttpProvider<S>, fixtures: CommitStatusFixtures): void {
  const settings = settingsFor(type, fixtures)
  const { url, headers } = fixtures
  const reported: readonly (readonly [
    FixtureName,
    'success' | 'failure' | 'progress' | 'preview',
  ])[] = [...reportedBy(fixtures), ['helmrelease-change-request', 'preview']]

  it.each(reported)('posts the bytes for %s: %s', (name, status) => {
    const body = JSON.stringify(fixtures[status])
    expect(requestsOf(type, notificationOf(name), settings)).toEqual([
      { method: 'POST', url, headers, body },
    ])
  })

  it('reads the old revision form, main/<hash>', () => {
    const [request] = type.requests(notificationOf('kustomization-finished'), settings)
    expect(request?.url).toBe(url)
  })

  it.each(WITHOUT_COMMIT)('cannot report on %s', (_, notification) => {
    expect(() => type.requests(notification, settings)).toThrow(NotificationError)
    expect(() => requestsOf(type, notification, settings)).toThrow(NotificationError)
  })

  it('makes the same bytes of the same input', () => {
    const again = type.requests(
      notificationOf('kustomization-applied'),
      settingsFor(type, fixtures),
    )
    expect(type.requests(notificationOf('kustomization-applied'), settings)).toEqual(again)
  })
}

function describeDescriptions<S>(type: HttpProvider<S>, fixtures: CommitStatusFixtures): void {
  const settings = settingsFor(type, fixtures)

  it.each([
    ...fixtures.cuts,
    ['another script', 'ÄnderungÜbernommen', 'änderung übernommen'] as const,
    ['markup', '<b>Ä"\\</b>', '< b > ä "\\</ b >'] as const,
    ['nothing', '', ''] as const,
  ])('describes a reason of %s', (_, reason, description) => {
    const notification = notificationOf('kustomization-finished', { reason })
    const [fitted] = requestsOf(type, notification, settings)
    expect(withJsonBody(fitted).body).toMatchObject({ description })
    const [unfitted] = type.requests(notification, settings)
    expect(withJsonBody(unfitted).body).toMatchObject({ description })
  })

  it('takes a long context', () => {
    const notification = notificationOf('kustomization-finished')
    const long = { ...notification, commitStatusContext: 'c'.repeat(256) }
    const [request] = requestsOf(type, long, settings)
    expect(withJsonBody(request).body).toMatchObject(fixtures.longContext)
  })
}

function describeSkips<S>(type: HttpProvider<S>, { progress }: CommitStatusFixtures): void {
  it(progress ? 'skips nothing' : 'skips what is under way, and nothing else', () => {
    const skipped = type.skips?.(notificationOf('kustomization-configured').event)
    if (progress) expect(skipped).toBeUndefined()
    else expect(skipped).toMatch(/Progressing/)
    expect(type.skips?.(notificationOf('kustomization-applied').event)).toBeUndefined()
  })
}

function describeSubject<S>(type: HttpProvider<S>, fixtures: CommitStatusFixtures): void {
  const settings = settingsFor(type, fixtures)
  const { key } = fixtures.subject
  const applied = notificationOf('kustomization-applied')

  it.each(reportedBy(fixtures))(
    'has one subject for a commit, whatever happened: %s',
    (name, status) => {
      const shows = fixtures.subject[status]
      expect(type.subject?.(notificationOf(name), settings)).toEqual({ key, shows })
    },
  )

  it('has another subject for another commit', () => {
    const metadata = { revision: `main@sha1:${'0'.repeat(40)}` }
    const other = { ...applied, event: { ...applied.event, metadata } }
    expect(type.subject?.(other, settings).key).not.toBe(key)
  })

  it('has another subject for another context', () => {
    const other = { ...applied, commitStatusContext: 'other' }
    expect(type.subject?.(other, settings).key).not.toBe(key)
  })

  it.each(fixtures.others)('has another subject for another %s', (_, address) => {
    const other = settingsFor(type, { ...fixtures, address })
    expect(type.subject?.(applied, other).key).not.toBe(key)
  })

  it.each(WITHOUT_COMMIT)('has no subject for %s', (_, notification) => {
    expect(() => type.subject?.(notification, settings)).toThrow(NotificationError)
  })
}

function describeRefusals<S>(
  type: HttpProvider<S>,
  { address, secret }: CommitStatusFixtures,
): void {
  it.each([
    ['no address', {}, /^address: set spec\.address/],
    ['a trailing /', { address: `${address}/` }, /^address: must not end in \//],
  ])('refuses %s', (_, spec, message) => {
    expect(() => settingsOf(type, spec, secret)).toThrow(message)
  })
}
