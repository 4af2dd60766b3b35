import { describe, expect, it } from 'vitest'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { commitHash, namesNoCommit } from '../../../relay/providers/forges/commit-hash.ts'
import { fixtureEvent } from '../../support/notifications.ts'

const SHA1 = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const OTHER = '0123456789abcdef0123456789abcdef01234567'
const SHA256 = '4e5f1d6f1a0c2b3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567'

function eventWith(metadata: Readonly<Record<string, string>>, kind = 'Kustomization') {
  const event = fixtureEvent('kustomization-finished')
  return { ...event, involvedObject: { ...event.involvedObject, kind }, metadata }
}

describe('commitHash', () => {
  it.each([
    ['branch and algorithm', `main@sha1:${SHA1}`],
    ['a branch with a slash', `feature/x@sha1:${SHA1}`],
    ['the algorithm alone', `sha1:${SHA1}`],
    ['the old form', `main/${SHA1}`],
    ['the old form with a slash', `environment/dev/${SHA1}`],
    ['a detached head', `HEAD/${SHA1}`],
    ['the bare hash', SHA1],
    ['a tag with a colon before the last one', `v1:2@sha1:${SHA1}`],
    ['capitals', `main@sha1:${SHA1.toUpperCase()}`],
  ])('reads %s', (_, revision) => {
    expect(commitHash(eventWith({ revision }))).toBe(SHA1)
  })

  it.each([
    ['commit', { commit: SHA1, originRevision: OTHER, revision: OTHER }],
    [
      'originRevision',
      { originRevision: `main@sha1:${SHA1}`, revision: `latest@sha256:${SHA256}` },
    ],
    ['revision', { revision: SHA1, change_request: '42' }],
  ])('takes %s first', (_, metadata) => {
    expect(commitHash(eventWith(metadata))).toBe(SHA1)
  })

  it.each([
    ['nothing', {}, 'its metadata has none of commit, originRevision, revision'],
    ['an empty commit', { commit: '', revision: SHA1 }, 'metadata commit names no commit: it is'],
    ['an empty originRevision', { originRevision: '', revision: SHA1 }, 'metadata originRevision'],
    ['a chart version', { revision: '1.4.2' }, '"1.4.2" ends in 5 characters where 40 hex'],
    ['a branch', { revision: 'main' }, '"main" ends in 4 characters'],
    ['39 digits', { revision: SHA1.slice(1) }, 'ends in 39 characters'],
    ['41 digits', { revision: `${SHA1}0` }, 'ends in 41 characters'],
    ['a short hash', { revision: 'main@sha1:9e2f4c1' }, 'ends in 7 characters'],
    ['no hexadecimal', { revision: `main/${'g'.repeat(40)}` }, 'where 40 hexadecimal digits'],
    ['digits of another script', { revision: '٣'.repeat(40) }, 'where 40 hexadecimal digits'],
    ['a line end', { revision: `${SHA1}\n` }, 'ends in 41 characters'],
    ['text after the hash', { revision: `${SHA1}/sub` }, 'ends in 3 characters'],
    ['a digest', { revision: `latest@sha256:${SHA256}` }, 'ends in 64 characters where 40 hex'],
  ])('refuses %s', (_, metadata, message) => {
    expect(() => commitHash(eventWith(metadata))).toThrow(NotificationError)
    expect(() => commitHash(eventWith(metadata))).toThrow(message)
  })

  const both = [40, 64] as const

  it.each([
    ['the revision of a GitRepository', { revision: `main@sha256:${SHA256}` }, 'GitRepository'],
    ['what an artifact was built from', { originRevision: `main@sha256:${SHA256}` }],
    ['the bare commit', { commit: SHA256.toUpperCase() }],
  ])('reads SHA-256 hashes for a forge that has them: %s', (_, metadata, kind?: string) => {
    expect(commitHash(eventWith(metadata, kind), both)).toBe(SHA256)
    expect(() => commitHash(eventWith(metadata, kind))).toThrow('names no commit')
    expect(commitHash(eventWith({ revision: `main@sha1:${SHA1}` }, kind), both)).toBe(SHA1)
  })

  it.each([
    ['a Kustomization', { revision: `latest@sha256:${SHA256}` }, 'Kustomization'],
    ['an OCIRepository', { revision: `sha256:${SHA256}` }, 'OCIRepository'],
    ['a HelmRepository', { revision: SHA256 }, 'HelmRepository'],
    ['a commit', { commit: `latest@sha256:${SHA256}` }, 'HelmRelease'],
  ])('takes the digest of an artifact for no commit: %s', (_, metadata, kind) => {
    expect(() => commitHash(eventWith(metadata, kind), both)).toThrow(
      'ends in 64 characters where 40 hex',
    )
  })

  it('says which lengths a forge has', () => {
    const event = eventWith({ originRevision: '1.4.2' })
    expect(() => commitHash(event, both)).toThrow('where 40 or 64 hex')
  })

  it('has the same to say without an error', () => {
    expect(namesNoCommit(eventWith({ revision: SHA1 }))).toBeUndefined()
    expect(namesNoCommit(eventWith({}))).toMatch(/^the event names no commit: /)
    expect(namesNoCommit(eventWith({ revision: 'unknown' }))).toBe(
      'the event names no commit: its revision is unknown',
    )
  })

  it('cuts a long revision in its message', () => {
    const event = eventWith({ revision: 'x'.repeat(100_000) })
    expect(() => commitHash(event)).toThrow(`"${'x'.repeat(79)}…" ends in 100000 characters`)
  })
})
