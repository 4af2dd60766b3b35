import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Refused, read, readFound } from '../../console/answers.ts'
import { eventFacts } from '../../console/event-facts.ts'
import { objectParts, textEntries, textField } from '../../console/fields.ts'
import { firstRun } from '../../console/first-run.ts'
import { linkedText } from '../../console/linked-text.ts'
import { messagePreview } from '../../console/message-preview.ts'
import { outcomeMark, severityMark } from '../../console/outcome.ts'
import { ahead, duration } from '../../console/times.ts'
import { requestsText, verdictsTable } from '../../console/verdicts.ts'
import { isHttpProvider } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { notificationOf, requestsOf, settingsOf } from '../support/notifications.ts'

describe('the fields of an event of any sender', () => {
  it.each([
    [{ a: 'x' }, 'x'],
    [{ a: 1 }, ''],
    [{}, ''],
    [null, ''],
    ['a', ''],
  ])('of %j, one is a text or empty', (fields, text) => {
    expect(textField(fields, 'a')).toBe(text)
  })

  it.each([
    [{ a: { b: 'c', d: 1 } }, [['b', 'c']]],
    [{ a: 'b' }, []],
    [{ a: null }, []],
    [undefined, []],
  ])('of %j, the texts of a map are its entries', (fields, entries) => {
    expect(textEntries(fields, 'a')).toEqual(entries)
  })

  it.each([
    ['Kustomization/apps/web', { kind: 'Kustomization', namespace: 'apps', name: 'web' }],
    ['Kind/ns/a/b', { kind: 'Kind', namespace: 'ns', name: 'a/b' }],
    ['web', { kind: '', namespace: '', name: 'web' }],
    ['apps/web', { kind: '', namespace: '', name: 'apps/web' }],
  ])('the object %s has these parts', (object, parts) => {
    expect(objectParts(object)).toEqual(parts)
  })

  it('show who reported it, how severe it is, and its metadata', () => {
    const event = {
      severity: 'error',
      reason: 'Failed',
      message: '<b>',
      reportingController: 'kustomize-controller',
      metadata: { run: 'https://ci.example/7' },
    }
    const shown = String(eventFacts(event))
    expect(shown).toContain('▲</span> error</span> <b>Failed</b>')
    expect(shown).toContain('&lt;b&gt;')
    expect(shown).toContain('<dt>reported by</dt><dd>kustomize-controller</dd>')
    expect(shown).toContain('<dt>run</dt><dd><a href="https://ci.example/7"')
    expect(String(eventFacts({}))).not.toContain('<dt>')
  })
})

describe('a text that may be an address', () => {
  it.each([
    ['https://a.example/x?y=1', true],
    ['http://a.example', true],
    ['javascript:alert(1)', false],
    ['see https://a.example', false],
    ['https://', false],
  ])('%s: a link is %j', (text, isLink) => {
    expect(String(linkedText(text)).startsWith('<a href="http')).toBe(isLink)
  })
})

describe('marks', () => {
  it('name an outcome by a sign and a word, also one that is not known', () => {
    expect(String(outcomeMark('dead'))).toContain('✕</span> dead')
    expect(String(outcomeMark('later'))).toContain('is-unknown"><span aria-hidden="true">·')
  })

  it.each([
    ['info', ''],
    ['', ''],
    ['error', '▲'],
    ['trace', '•'],
  ])('show the severity %j by %j', (severity, sign) => {
    expect(String(severityMark(severity))).toContain(sign)
    expect(String(severityMark(severity)) === '').toBe(sign === '')
  })

  it('tell spans of time', () => {
    expect(duration(12.4)).toBe('12 ms')
    expect(duration(1_500)).toBe('1.5 s')
    expect(duration(120_000)).toBe('2m')
    const now = Date.parse('2026-11-29T08:00:00Z')
    expect(String(ahead('2026-11-29T08:05:00Z', now))).toContain('in 5m')
    expect(String(ahead('2026-11-29T07:59:00Z', now))).toContain('>now<')
    // What was asked for a moment ago is told as it was asked for.
    expect(String(ahead('2026-11-29T09:59:59Z', now))).toContain('in 2h')
    expect(String(ahead('2026-11-29T08:59:40Z', now))).toContain('in 1h')
    expect(String(ahead('2026-11-29T09:29:00Z', now))).toContain('in 1h')
  })
})

describe('an answer of a relay', () => {
  const schema = z.object({ n: z.number() })
  const answer = (status: number, body: string) => ({ status, body, headers: {} })

  it('is read by its schema', () => {
    expect(read(schema, answer(200, '{"n":1}'))).toEqual({ n: 1 })
    const missing = '{"type":"no-config","detail":"it has none"}'
    expect(readFound(schema, answer(404, missing))).toBeUndefined()
    expect(
      readFound(schema, answer(404, '{"detail":"from before there were codes"}')),
    ).toBeUndefined()
  })

  it('is not one of another server, or of a relay that lacks the path', () => {
    for (const body of ['<h1>Not Found</h1>', '{"type":"unknown-path","detail":"nothing here"}']) {
      expect(() => readFound(schema, answer(404, body))).toThrow(Refused)
    }
  })

  it.each([
    [403, '{"type":"about:blank","title":"t","status":403,"code":"forbidden","detail":"no"}', 403],
    [500, 'no JSON', 500],
    [200, '{"n":"x"}', 502],
  ])('%d %s is refused with %d', (status, body, shown) => {
    expect(() => read(schema, answer(status, body))).toThrow(Refused)
    try {
      read(schema, answer(status, body))
    } catch (error) {
      expect(error).toMatchObject({ status: shown, message: expect.stringMatching(/\S/) })
    }
  })
})

describe('verdicts', () => {
  const alert = { namespace: 'flux-system', name: 'a' }
  const none = { notes: [], requests: [] }

  it('come with those that take the event first, linked where there is a delivery', () => {
    const skipped = { alert, outcome: 'skipped', rule: 'when', reason: 'no', ...none } as const
    const taken = {
      ...{ alert: { ...alert, name: 'b' }, outcome: 'delivered', reason: 'yes', delivery: 'd1' },
      ...{ provider: { namespace: 'flux-system', name: 'p', type: 'slack' } },
      ...{ requests: [], notes: ['cut'] },
    } as const
    const table = String(verdictsTable([skipped, taken], 'Two'))
    expect(table.indexOf('flux-system/b')).toBeLessThan(table.indexOf('flux-system/a'))
    expect(table).toContain('<a href="/console/deliveries/d1">flux-system/b</a>')
    expect(table).toContain('flux-system/p <small>slack</small>')
    expect(table).toContain('yes<br><small>cut</small>')
    expect(table).toContain('<td>–</td>')
  })

  it('show requests with their headers, and JSON with line breaks', () => {
    const request = { method: 'POST', url: 'https://a.example', headers: { a: 'b' } }
    const [json, text, bare] = requestsText([
      { ...request, body: '{"x":1}' },
      { ...request, subject: 'flux', body: 'x < y' },
      request,
    ]).map(String)
    expect(json).toContain('POST https://a.example\na: b\n\n{\n  &quot;x&quot;: 1\n}')
    expect(text).toContain('POST https://a.example flux\na: b\n\nx &lt; y')
    expect(bare).toContain('a: b</code>')
  })
})

describe('the preview of a message', () => {
  it.each([
    ['slack', 'https://hooks.slack.com/services/x'],
    ['discord', 'https://discord.com/api/webhooks/1/x'],
    ['msteams', 'https://x.webhook.example/workflows/1'],
  ])('of %s leads where the message leads', (type, address) => {
    const found = providerTypes.get(type)
    if (!found || !isHttpProvider(found)) throw new Error(`${type} is no HTTP type`)
    const plain = notificationOf('kustomization-applied')
    const notification = {
      ...plain,
      event: { ...plain.event, metadata: { revision: 'main' } },
      title: 'a_b',
      link: 'https://e.x/d?a=b&c=d',
      commitPage: { key: 'revision', url: 'https://git.example/f/i_j/commit/1' },
    }
    const [request] = requestsOf(found, notification, settingsOf(found, {}, { address }))
    const shown = String(messagePreview(type, String(request?.body)))
    expect(shown).toMatch(/<b><a href="https:\/\/e\.x\/d\?a=b&amp;c=d"[^>]*>a_b<\/a>/)
    expect(shown).toMatch(/<dd><a href="https:\/\/git\.example\/f\/i_j\/commit\/1"[^>]*>main<\/a>/)
  })

  it.each(['slack', 'discord', 'msteams'])('of %s without its parts is its JSON', (type) => {
    expect(String(messagePreview(type, '{"a":1}'))).toContain('<pre')
    expect(String(messagePreview(type, '{"attachments":[{}]}'))).toContain('class="sample"')
  })

  it('of another type, and of a body that is no JSON, is the body', () => {
    expect(String(messagePreview('generic', '{"a":1}'))).toContain('JSON of generic')
    expect(String(messagePreview('other', 'a < b'))).toContain('a &lt; b')
  })

  it('shows the texts and facts of a card of Teams', () => {
    const items = [
      { type: 'TextBlock', text: 'a' },
      { type: 'TextBlock', text: 'b\\_c', color: 'attention' },
      { type: 'FactSet', facts: [{ title: 'k', value: 'v' }] },
    ]
    const card = (content: unknown) => JSON.stringify({ attachments: [{ content }] })
    const shown = String(messagePreview('msteams', card({ body: [{ items }] })))
    expect(shown).toContain('is-bad"><p><b>a</b></p>')
    expect(shown).toContain('>b_c</div>')
    expect(shown).toContain('<dt>k</dt><dd><span dir="auto">v</span></dd>')
    const empty = String(messagePreview('msteams', card({ body: [{}] })))
    expect(empty).toContain('is-good"><p><b></b></p>')
  })

  it('shows the texts of Slack as a reader sees them', () => {
    const attachment = { color: 'danger', author_name: 'a &amp; b', text: '&lt;c&gt;' }
    const shown = String(messagePreview('slack', JSON.stringify({ attachments: [attachment] })))
    expect(shown).toContain('is-bad"><p><b>a &amp; b</b></p>')
    expect(shown).toContain('>&lt;c&gt;</div>')
  })
})

describe('the first run', () => {
  it('says where to send an event, if that is known', () => {
    expect(String(firstRun('http://127.0.0.1:1'))).toContain('--events-addr=http://127.0.0.1:1/')
    expect(String(firstRun(''))).not.toContain('curl')
  })
})
