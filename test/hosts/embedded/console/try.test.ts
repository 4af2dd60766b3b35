import { describe, expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { OPERATOR, TOKENS, VIEWER } from '../../../support/embedded-server.ts'

const EVENT = {
  involvedObject: { kind: 'Kustomization', namespace: 'apps', name: 'podinfo' },
  severity: 'error',
  reason: 'BuildFailed',
  message: 'build *failed*: <none> & nothing_else',
  metadata: { summary: 'shop' },
}

const ALERT = `kind: Alert
metadata: {name: mine, namespace: apps}
spec:
  eventSeverity: info
  eventSources: [{kind: Kustomization, name: '*'}]
  exclusionList: ['^waiting']
  providerRef: {name: anything}
`

const form = (changes: Readonly<Record<string, string>> = {}) => ({
  cluster: 'local',
  event: JSON.stringify(EVENT),
  alert: ALERT,
  ...changes,
})

describe('trying rules in the console', () => {
  it('shows an example to begin with', async () => {
    const { get } = await startConsole()
    expect((await get('/console/try')).text).toContain('HealthCheckFailed')
  })

  it('shows the message as each service shows it, and sends nothing', async () => {
    const { post, ports } = await startConsole()
    const { status, text } = await post('/console/try', form())
    expect(status).toBe(200)
    for (const service of ['Slack', 'Microsoft Teams', 'Discord', 'JSON of generic']) {
      expect(text).toContain(`<h3 class="step">${service}</h3>`)
    }
    const shown =
      text.match(
        /<div class="text long"[^>]*>build \*failed\*: &lt;none&gt; &amp; nothing_else/g,
      ) ?? []
    expect(shown).toHaveLength(3)
    expect(text.match(/class="chat is-\w+ is-bad"/g)).toHaveLength(3)
    expect(text).toContain('outcome is-delivered')
    expect(ports.queue.events).toEqual([])
  })

  it('says which rule of the Alert says no', async () => {
    const { post } = await startConsole()
    const event = JSON.stringify({ ...EVENT, message: 'waiting for it' })
    const { text } = await post('/console/try', form({ event }))
    expect(text).toContain('<td>exclusionList</td>')
    expect(text).toContain('It sends no message.')
  })

  it.each([
    ['no JSON', { event: '{"a": 1,\n}' }, 'event: not valid JSON at line 2, column 1'],
    ['a list', { event: '[]' }, 'event: expected one JSON object'],
    [
      'an event of thousands of levels',
      { event: `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}` },
      'event: expected at most 100 levels of nesting',
    ],
    ['an event without an object', { event: '{}' }, 'involvedObject'],
    ['no YAML', { alert: 'a: [' }, 'alert: not valid YAML'],
    ['a tab', { alert: 'a:\n\tb: c' }, /^alert: not valid YAML: .* at line 2, column 1$/],
    ['comments alone', { alert: '# kind: Alert' }, 'alert: expected one object'],
    [
      'a file of a Provider and an Alert',
      { alert: `kind: Provider\n---\n${ALERT}` },
      'alert: expected one object, and there are 2 documents',
    ],
    [
      'two Alerts',
      { alert: `${ALERT}---\n${ALERT}` },
      'alert: expected one object, and there are 2 documents',
    ],
    ['a text longer than an Alert', { alert: 'k: v\n'.repeat(4_000) }, 'alert: expected at most'],
    ['another kind', { alert: 'kind: Provider' }, 'alert: expected an object of kind Alert'],
    ['a cluster without rules', { alert: '' }, 'the cluster local has no configuration yet'],
  ])('says what is wrong with %s', async (_, changes, wrong) => {
    const { post } = await startConsole()
    const { text } = await post('/console/try', form(changes))
    expect(/role="alert">([^<]*)</.exec(text)?.[1]).toMatch(wrong)
  })

  it('takes an Alert between the lines that begin and end a document', async () => {
    const { post } = await startConsole()
    const { text } = await post('/console/try', form({ alert: `---\n${ALERT}---\n# end\n` }))
    expect(text).toContain('outcome is-delivered')
  })

  it('expands no YAML beyond measure', async () => {
    const { post } = await startConsole()
    const lines = Array.from({ length: 12 }, (_, at) =>
      at === 0 ? 'a0: &a0 [x, x]' : `a${at}: &a${at} [${`*a${at - 1}, `.repeat(9)}x]`,
    )
    const { text } = await post('/console/try', form({ alert: lines.join('\n') }))
    expect(text).toContain('alert: not valid YAML')
  })

  it('is for viewers too', async () => {
    const { post } = await startConsole(TOKENS)
    for (const token of [VIEWER, OPERATOR]) {
      const login = await post('/console/login', { token })
      const Cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
      expect((await post('/console/try', form(), { Cookie })).status).toBe(200)
    }
    expect((await post('/console/try', form())).status).toBe(401)
  })
})
