import { describe, expect, it } from 'vitest'
import { commitPageOf } from '../../../relay/providers/forges/commit-page.ts'
import { notificationOf } from '../../support/notifications.ts'

const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

function pageOf(repository: string, metadata = {}) {
  const { event } = notificationOf('kustomization-applied')
  const merged = { ...event, metadata: { revision: `main@sha1:${HASH}`, ...metadata } }
  return commitPageOf(merged, { ...merged, metadata: { repository } })
}

describe('the page of a commit', () => {
  it.each([
    ['https://github.com/fleet/infra', 'https://github.com/fleet/infra/commit/'],
    ['git@github.com:fleet/infra.git', 'https://github.com/fleet/infra/commit/'],
    ['https://user:token@ghe.example/fleet/infra', 'https://ghe.example/fleet/infra/commit/'],
    ['ssh://git@gitlab.example:2222/a/b/c.git', 'https://gitlab.example/a/b/c/-/commit/'],
    ['ssh://git@altssh.gitlab.com:443/a/b.git', 'https://gitlab.com/a/b/-/commit/'],
    ['https://codeberg.org/fleet/infra', 'https://codeberg.org/fleet/infra/commit/'],
    ['git@bitbucket.org:fleet/infra.git', 'https://bitbucket.org/fleet/infra/commits/'],
    [
      'ssh://git@altssh.bitbucket.org:443/fleet/infra.git',
      'https://bitbucket.org/fleet/infra/commits/',
    ],
    [
      'https://bb.example/scm/FLEET/infra.git',
      'https://bb.example/projects/FLEET/repos/infra/commits/',
    ],
    [
      'https://bb.example/git/scm/FLEET/infra.git',
      'https://bb.example/git/projects/FLEET/repos/infra/commits/',
    ],
    [
      'https://dev.azure.com/org/fleet/_git/infra',
      'https://dev.azure.com/org/fleet/_git/infra/commit/',
    ],
    [
      'git@ssh.dev.azure.com:v3/org/fleet/infra',
      'https://dev.azure.com/org/fleet/_git/infra/commit/',
    ],
    ['https://git.example/a/(b) c', 'https://git.example/a/(b)%20c/commit/'],
  ])('of %s is below %s', (repository, below) => {
    expect(pageOf(repository)).toEqual({ key: 'revision', url: below + HASH })
  })

  it('is of what names the commit first', () => {
    const origin = 'b'.repeat(40)
    expect(pageOf('https://e.x/a/b', { originRevision: `main@sha1:${origin}` })).toEqual({
      key: 'originRevision',
      url: `https://e.x/a/b/commit/${origin}`,
    })
  })

  it.each([
    '',
    ' ',
    'infra',
    'https://github.com/',
    'ftp://e.x/a/b',
    `https://e.x/${'a'.repeat(500)}`,
  ])('is not known of the repository %j', (repository) =>
    expect(pageOf(repository)).toBeUndefined(),
  )

  it('is not known of a revision without a commit', () => {
    expect(pageOf('https://e.x/a/b', { revision: '1.2.3' })).toBeUndefined()
  })
})
