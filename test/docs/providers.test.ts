import { globSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readAbout } from '../../docs/generate/about.ts'
import { loadExample } from '../../docs/generate/example.ts'
import { OVERVIEW_FILE, overviewPage, pageFile, providerPage } from '../../docs/generate/pages.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { providerTypes } from '../../relay/providers/registry.ts'

/** Every type of notification-controller 1.9.3, those of its main branch, and the relay's own. */
const TYPES = [
  'alertmanager',
  'azuredevops',
  'azureeventhub',
  'bitbucket',
  'bitbucketserver',
  'datadog',
  'discord',
  'email',
  'eventbridge',
  'generic',
  'generic-hmac',
  'gitea',
  'giteapullrequestcomment',
  'github',
  'githubdeployment',
  'githubdispatch',
  'githubpullrequestcomment',
  'gitlab',
  'gitlabdeployment',
  'gitlabmergerequestcomment',
  'googlechat',
  'googlepubsub',
  'grafana',
  'incident.io',
  'lark',
  'matrix',
  'msteams',
  'nats',
  'opsgenie',
  'otel',
  'pagerduty',
  'rocket',
  'sentry',
  'slack',
  'sns',
  'sqs',
  'telegram',
  'webex',
  'zoom',
  'zulip',
] as const

const REGENERATE = 'run `npm run docs` and look at what it changes'

function namesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(projectPath(folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort()
}

describe('the provider types', () => {
  it('are those of the registry', () => {
    expect([...providerTypes.keys()].sort()).toEqual(TYPES)
  })

  it('have an example, a text and a page each, and nothing else has one', () => {
    expect(namesIn('examples/providers', '.yaml')).toEqual(TYPES)
    const withoutSecret = ['pagerduty']
    expect([...namesIn('examples/secrets/providers', '.yaml'), ...withoutSecret].sort()).toEqual(
      TYPES,
    )
    expect(namesIn('docs/providers/about', '.md')).toEqual([...TYPES, 'overview'].sort())
    expect(namesIn('docs/providers', '.md')).toEqual(['README', ...TYPES])
  })
})

describe('the README', () => {
  const [, section = ''] = readProjectFile('README.md').split('## Provider types\n')
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '))
  const namesOf = (text: string) => [...text.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name)
  const listed = rows.slice(1).flatMap(namesOf)

  it('lists each type', () => {
    expect(listed.toSorted()).toEqual(TYPES)
  })

  it('counts those of Flux, and tells them from those of the relay', () => {
    const own = rows.flatMap((row) => namesOf(row.split("of the relay's own")[1] ?? ''))
    const aboutOwn = TYPES.filter((type) =>
      /^- It is a type of the relay's\b/m.test(readProjectFile(`docs/providers/about/${type}.md`)),
    )
    expect(own.toSorted()).toEqual(aboutOwn)
    expect(section).toContain(`All ${TYPES.length - own.length} types of Flux's`)
    const [, named = ''] =
      /^(`email`[^.]*) are types of the relay's own/m.exec(readProjectFile(OVERVIEW_FILE)) ?? []
    expect(namesOf(named).toSorted()).toEqual(aboutOwn)
  })
})

describe('the overview of provider types', () => {
  it('is up to date', async () => {
    expect(readProjectFile(OVERVIEW_FILE), REGENERATE).toBe(await overviewPage())
  })

  it('links to every page', () => {
    const overview = readProjectFile(OVERVIEW_FILE)
    expect(TYPES.filter((type) => !overview.includes(`](${type}.md)`))).toEqual([])
  })
})

describe.each(TYPES)('%s', (type) => {
  it('has an example that loads, and whose Providers and Alerts are ready', async () => {
    const { problems, providers, snapshot } = await loadExample(type)
    expect(problems).toEqual([])
    const readiness = snapshot.objects.map(({ kind, message }) => [kind, message])
    expect(readiness).toEqual([
      ['Alert', 'Initialized'],
      ...providers.map(() => ['Provider', 'Initialized']),
    ])
    expect(new Set(providers.map(({ provider }) => provider.spec.type))).toEqual(new Set([type]))
  })

  it('has a page that is up to date', async () => {
    expect(readProjectFile(pageFile(type)), REGENERATE).toBe(await providerPage(type))
  })

  it('shows no secret of its example beside the example itself', async () => {
    const { objects, secretsFile, providers } = await loadExample(type)
    const page = readProjectFile(pageFile(type))
    const shown = page.replaceAll(/^```yaml$.*?^```$/gms, '')
    const text = objects.text + (secretsFile?.text ?? '')
    const placeholders = text.match(/\bYOUR[-/][A-Z/-]+/g) ?? []
    const secrets = providers.flatMap(({ secret: { headers: _, username: __, ...keys } }) =>
      Object.values(keys),
    )
    expect(shown).toContain('## What arrives')
    expect([...placeholders, ...secrets].filter((secret) => shown.includes(secret))).toEqual([])
  })
})

describe('the reasons that the texts quote', () => {
  const sources = globSync('relay/**/*.ts', { cwd: projectPath('.') }).map(readProjectFile)

  it.each([...TYPES, 'overview'])('are those of the relay: %s', (name) => {
    const quoted = readAbout(name).errors.flatMap(({ cause }) =>
      cause.kind === 'reason' ? cause.reason.split('…').map((part) => part.trim()) : [],
    )
    expect(quoted.filter((part) => !sources.some((source) => source.includes(part)))).toEqual([])
  })
})
