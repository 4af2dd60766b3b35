import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { gitea } from '../../../relay/providers/gitea.ts'
import { giteaPullRequestComment } from '../../../relay/providers/giteapullrequestcomment.ts'
import { github } from '../../../relay/providers/github.ts'
import { gitlab } from '../../../relay/providers/gitlab.ts'
import { gitlabMergeRequestComment } from '../../../relay/providers/gitlabmergerequestcomment.ts'
import { settingsOf } from '../../support/notifications.ts'
import { provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'

const TOKEN = { token: 't' }

describe('an API that its Git address does not tell', () => {
  it.each([
    [
      gitlab,
      'https://git.corp/gitlab/group/sub/project.git',
      'https://git.corp/gitlab/api/v4',
      { projectUrl: 'https://git.corp/gitlab/api/v4/projects/group%2Fsub%2Fproject' },
    ],
    [
      gitlab,
      'git@git.corp:gitlab/group/project.git',
      'https://git.corp/gitlab/api/v4/',
      { projectUrl: 'https://git.corp/gitlab/api/v4/projects/gitlab%2Fgroup%2Fproject' },
    ],
    [
      gitlabMergeRequestComment,
      'https://git.corp/a/b/12',
      ' https://git.corp/a/b/api/v4\n',
      { projectUrl: 'https://git.corp/a/b/api/v4/projects/12' },
    ],
    [
      gitlab,
      'https://git.corp/group/project',
      'https://api.corp:8443/api/v4',
      { projectUrl: 'https://api.corp:8443/api/v4/projects/group%2Fproject' },
    ],
    [
      gitea,
      'https://git.corp/gitea/o/r',
      'https://git.corp/gitea/api/v1',
      { repositoryUrl: 'https://git.corp/gitea/api/v1/repos/o/r' },
    ],
    [
      giteaPullRequestComment,
      'ssh://git@git.corp:2222/o/r.git',
      'http://git.corp:3000/a/b/api/v1',
      { repositoryUrl: 'http://git.corp:3000/a/b/api/v1/repos/o/r' },
    ],
    [
      github,
      'https://git.corp/o/r',
      'https://gateway.corp/github',
      { repositoryUrl: 'https://gateway.corp/github/repos/o/r' },
    ],
  ] as const)('of $type, %2$s, is where the annotation says', (type, address, url, found) => {
    expect(settingsOf<object>(type, { address }, TOKEN, { 'api-url': url })).toMatchObject(found)
    const inSecret = { ...TOKEN, address, apiURL: url }
    expect(settingsOf<object>(type, {}, inSecret)).toMatchObject(found)
  })

  const ADDRESS = 'https://git.corp/gitlab/group/project'
  const API = 'https://git.corp/gitlab/api/v4'

  it('is where the Secret says when both say', () => {
    const secret = { ...TOKEN, apiURL: 'https://git.corp/gitlab/api/v4' }
    const annotations = { 'api-url': 'https://elsewhere.test/api/v4' }
    expect(settingsOf(gitlab, { address: ADDRESS }, secret, annotations)).toMatchObject({
      apiUrl: API,
    })
  })

  it.each<readonly [string, SecretData, string | undefined, RegExp]>([
    [
      'an annotation beside an address of the Secret, which could send its token elsewhere',
      { address: ADDRESS },
      'https://elsewhere.test/api/v4',
      /^annotation flux-relay\.io\/api-url: has no effect .* as the key apiURL$/,
    ],
    ['the same, with a key', { address: ADDRESS, apiURL: API }, API, /^annotation .*has no effect/],
    ['a query in the key', { apiURL: `${API}?a=b` }, undefined, /^apiURL: expected .* query/],
    ['no URL', {}, 'git.corp/gitlab', /^annotation flux-relay\.io\/api-url: expected an http/],
    ['another scheme', {}, 'ftp://git.corp/api/v4', /api-url: expected an http/],
    ['a password', {}, 'https://u:hunter2@git.corp/api/v4', /api-url: expected .* without user/],
    ['a query', {}, 'https://git.corp/api/v4?a=b', /api-url: expected .* without user, query/],
    ['a fragment', {}, 'https://git.corp/api/v4#a', /api-url: expected .* fragment/],
    ['nothing', {}, ' ', /api-url: expected an http/],
    ['no API of GitLab', {}, 'https://git.corp/gitlab', /which ends in \/api\/v4$/],
    ['a key that is no URL', { apiURL: 'gitlab' }, undefined, /^apiURL: expected an http/],
  ])('is a mistake to tell with %s', (_, secret, annotation, message) => {
    const annotations: Record<string, string> =
      annotation === undefined ? {} : { 'api-url': annotation }
    const settings = () =>
      settingsOf(gitlab, { address: ADDRESS }, { ...TOKEN, ...secret }, annotations)
    expect(settings).toThrow(message)
    expect(settings).not.toThrow(/hunter2/)
  })

  it.each([
    ['no project', gitlab, 'https://git.corp/gitlab/project', API],
    ['no API of Gitea', gitea, 'https://git.corp/gitea/o/r', API],
  ])('is a mistake with %s', (_, type, address, url) => {
    expect(() => settingsOf<object>(type, { address }, TOKEN, { 'api-url': url })).toThrow()
  })

  it('of a Gitea under a folder is asked for', () => {
    expect(() => settingsOf(gitea, { address: 'https://git.corp/gitea/o/r' }, TOKEN)).toThrow(
      /^address: the path must be owner\/repository; .* annotation flux-relay\.io\/api-url/,
    )
  })
})

async function readinessOf(spec: Record<string, unknown>, annotations: Record<string, string>) {
  const object = provider('p', { secretRef: { name: 's' }, ...spec })
  const manifest: KubernetesObject = { ...object, metadata: { ...object.metadata, annotations } }
  const { objects } = await reconcile(
    'local',
    [manifest],
    0,
    secretsFound(() => TOKEN),
  )
  return objects[0]
}

describe('the readiness of a Provider with annotations', () => {
  const GITLAB = { type: 'gitlab', address: 'https://git.corp/gitlab/group/project' }
  const SLACK = { type: 'slack', address: 'https://hooks.slack.test/' }

  it.each([
    [
      'is good',
      GITLAB,
      { 'flux-relay.io/api-url': 'https://git.corp/gitlab/api/v4' },
      'Initialized',
    ],
    ['cares for its own only', SLACK, { 'example.com/api-url': 'x' }, 'Initialized'],
    [
      'names what its type does not read',
      SLACK,
      { 'flux-relay.io/api-url': 'https://git.corp/' },
      'Initialized; annotation flux-relay.io/api-url is ignored by slack',
    ],
  ])('%s', async (_, spec, annotations, message) => {
    expect(await readinessOf(spec, annotations)).toMatchObject({ ready: true, message })
  })

  it('has a typing error that its author must mend', async () => {
    const annotations = { 'flux-relay.io/apiUrl': 'https://git.corp/' }
    expect(await readinessOf(GITLAB, annotations)).toMatchObject({
      ready: false,
      message:
        'metadata.annotations.flux-relay.io/apiUrl: there is no such annotation; did you mean flux-relay.io/api-url?',
    })
  })

  it('is none with a wrong URL', async () => {
    expect(await readinessOf(GITLAB, { 'flux-relay.io/api-url': 'gitlab' })).toMatchObject({
      ready: false,
      reason: 'ValidationFailed',
      message: expect.stringContaining('annotation flux-relay.io/api-url: expected an http'),
    })
  })
})
