import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EnvironmentVariableError, readProxyRules } from '../../../adapters/http/proxy-rules.ts'

/** What `ProxyFromEnvironment` of Go 1.26.8 gave: an empty text where it uses no proxy. */
interface GoRow {
  readonly environment: Readonly<Record<string, string>>
  readonly proxies: Readonly<Record<string, string>>
}

const ROWS = readFileSync(new URL('../../fixtures/proxy-rules.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as GoRow)

describe('the rules of Go', () => {
  it('are shown by enough cases', () => {
    expect(ROWS.flatMap(({ proxies }) => Object.keys(proxies)).length).toBeGreaterThan(700)
  })

  it.each(ROWS.map(({ environment, proxies }) => [environment, proxies] as const))(
    'hold for %o',
    (environment, proxies) => {
      const rules = readProxyRules(environment)
      const found = Object.keys(proxies).map((url) => [url, rules.proxyFor(new URL(url)) ?? ''])
      expect(Object.fromEntries(found)).toEqual(proxies)
    },
  )
})

const PROXY = 'http://all.test:1'

describe('what Go does not have', () => {
  it.each([
    ['ALL_PROXY', { ALL_PROXY: PROXY }, PROXY, PROXY],
    ['it in lower case', { all_proxy: PROXY }, PROXY, PROXY],
    [
      'it beside HTTP_PROXY',
      { ALL_PROXY: PROXY, http_proxy: 'http://h.test' },
      'http://h.test',
      PROXY,
    ],
    ['it beside HTTPS_PROXY', { ALL_PROXY: PROXY, HTTPS_PROXY: 'h.test' }, PROXY, 'http://h.test'],
    ['NO_PROXY for it', { ALL_PROXY: PROXY, no_proxy: 'a.test:443' }, PROXY, undefined],
    [
      'SOCKS by the other name',
      { ALL_PROXY: 'socks5h://s.test' },
      'socks5://s.test',
      'socks5://s.test',
    ],
    ['blanks', { ALL_PROXY: ` ${PROXY}\n`, HTTP_PROXY: ' ' }, PROXY, PROXY],
  ])('%s', (_, environment, http, https) => {
    const rules = readProxyRules(environment)
    expect(rules.proxyFor(new URL('http://a.test/x'))).toBe(http)
    expect(rules.proxyFor(new URL('https://a.test/x'))).toBe(https)
    expect(rules.proxyFor(new URL('http://localhost/x'))).toBeUndefined()
  })
})

it.each([
  ['HTTP_PROXY', 'ftp://user:hunter2@p.test'],
  ['https_proxy', 'http://user:hunter2@'],
  ['ALL_PROXY', 'socks4://user:hunter2@p.test'],
  ['HTTPS_PROXY', 'http://user:hunter2%@p.test'],
  ['HTTPS_PROXY', 'user:hunter2@p.test:99999'],
])('a bad %s is an error that shows no credentials', (name, value) => {
  const read = () => readProxyRules({ [name]: value })
  expect(read).toThrow(EnvironmentVariableError)
  expect(read).toThrow(new RegExp(`^${name}: .*expected a proxy such as http://`))
  expect(read).not.toThrow(/hunter2|user/)
})
