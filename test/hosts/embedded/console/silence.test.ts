import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../console/silences.ts'
import { matchProblem } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { startConsole } from '../../../support/console.ts'
import { TOKENS, VIEWER } from '../../../support/embedded-server.ts'
import { START } from '../../../support/manual-clock.ts'

const ALERT = { kind: 'Alert', cluster: 'prod', namespace: 'apps', name: 'team' }
const CONDITION = 'alert.metadata.namespace == "apps" && alert.metadata.name == "team"'

/** A console whose cluster has an Alert and a Provider. */
async function started(tokens?: typeof TOKENS) {
  const clusters = [{ cluster: 'prod', configuredAt: START }]
  const console = await startConsole(tokens, { clusters })
  const ready = { namespace: 'apps', ready: true, reason: 'Succeeded', message: 'Initialized' }
  await console.ports.configs.replace({
    ...{ cluster: 'prod', revision: 'r1', takenAt: START, manifests: [] },
    objects: [
      { kind: 'Alert', name: 'team', ...ready },
      { kind: 'Provider', name: 'chat', ...ready },
    ],
  })
  return console
}

describe('silencing from the console', () => {
  it('asks for how long and why, silences the Alert, and ends it again', async () => {
    const { get, post } = await started()
    const { text } = await get('/console/alerts')
    expect(text).toContain('aria-label="Silence apps/team">Silence</button>')
    expect(text).not.toContain('in force')
    const asked = await post('/console/silence', ALERT)
    expect(asked.text).toContain('Silence apps/team?')
    expect((await get('/console/alerts')).text).not.toContain('in force')

    const form = { ...ALERT, confirmed: 'yes', duration: '1h', reason: 'we <move> it' }
    const { status, headers } = await post('/console/silence', form)
    expect([status, headers.location]).toEqual([303, '/console/alerts?cluster=prod'])
    const silenced = (await get('/console/alerts')).text
    expect(silenced).toContain('1 silence in force')
    expect(silenced).toMatch(
      /silenced<\/span> <small>ends <time [^>]+>in 1h<\/time>: we &lt;move&gt; it/,
    )
    expect(silenced).toContain(CONDITION.replaceAll('&', '&amp;').replaceAll('"', '&quot;'))
    // The other page tells of it too, and marks no row.
    const providers = (await get('/console/providers')).text
    expect(providers).toContain('1 silence in force')
    expect(providers).not.toContain('silenced</span>')

    const id = /name="id" value="([^"]+)"/.exec(silenced)?.[1] ?? ''
    const ended = await post('/console/silence/end', { cluster: 'prod', id, from: 'Provider' })
    expect([ended.status, ended.headers.location]).toEqual([303, '/console/providers?cluster=prod'])
    expect((await get('/console/alerts')).text).not.toContain('in force')
  })

  it('silences a Provider', async () => {
    const { get, post } = await started()
    const provider = { ...ALERT, kind: 'Provider', name: 'chat', confirmed: 'yes' }
    await post('/console/silence', { ...provider, duration: '1d', reason: 'quiet' })
    expect((await get('/console/providers')).text).toContain('silenced</span>')
  })

  it.each([
    ['without a reason', { ...ALERT, confirmed: 'yes', duration: '1h', reason: ' ' }, 'reason'],
    ['for too long', { ...ALERT, confirmed: 'yes', duration: '90d', reason: 'x' }, '31 days'],
    ['of no kind', { ...ALERT, kind: 'Secret' }, 'an Alert or a Provider'],
    ['of nothing', { kind: 'Alert' }, 'an Alert or a Provider'],
    [
      'of no known cluster',
      { ...ALERT, cluster: 'x', confirmed: 'yes', duration: '1h', reason: 'x' },
      'configuration',
    ],
  ])('refuses one %s', async (_, form: Readonly<Record<string, string>>, detail) => {
    const { post, get } = await started()
    const { status, text } = await post('/console/silence', form)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toContain(detail)
    expect((await get('/console/alerts')).text).not.toContain('in force')
  })

  it('ends none that is not there', async () => {
    const { post } = await started()
    const { status, text } = await post('/console/silence/end', { cluster: 'prod', id: 'none' })
    expect([status, text]).toEqual([404, expect.stringContaining('no silence of this id')])
    expect((await post('/console/silence/end', {})).status).toBe(400)
  })

  it('shows a viewer what is silenced, and no button', async () => {
    const { get, post } = await started(TOKENS)
    const { headers } = await post('/console/login', { token: VIEWER })
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect((await get('/console/alerts', cookie)).text).not.toContain('Silence')
    const form = { ...ALERT, confirmed: 'yes', duration: '1h', reason: 'x' }
    expect((await post('/console/silence', form, { Cookie: cookie })).status).toBe(403)
  })

  it('makes a condition of any name', () => {
    const strange = { kind: 'Alert', namespace: 'a"b\\', name: "c'\n\u2028" } as const
    expect(matchProblem(conditionOf(strange))).toBeUndefined()
  })
})
