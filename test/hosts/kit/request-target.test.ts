import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readTarget } from '../../../hosts/kit/request-target.ts'

const SOCKET = { localAddress: '127.0.0.1', localPort: 8080 } as Socket

function targetOf(url: string, host?: string, socket = SOCKET) {
  const headers = { ...(host !== undefined && { host }) }
  return readTarget({ url, headers, socket } as IncomingMessage)
}

describe('readTarget', () => {
  it.each([
    ['/', 'localhost', 'http://localhost', '/', ''],
    [
      '/v1/deliveries?limit=5&q=a?b',
      'relay:8080',
      'http://relay:8080',
      '/v1/deliveries',
      'limit=5&q=a?b',
    ],
    ['/a%20b?c=%C3%A9', 'relay.example.com', 'http://relay.example.com', '/a%20b', 'c=%C3%A9'],
    ['//events', 'localhost', 'http://localhost', '//events', ''],
    ['/events', 'RELAY:8080', 'http://relay:8080', '/events', ''],
    ['/events', 'relay:80', 'http://relay', '/events', ''],
    ['/events', '127.0.0.1:65535', 'http://127.0.0.1:65535', '/events', ''],
    ['/events', '[::1]:8080', 'http://[::1]:8080', '/events', ''],
    ['/events', '[FD00:0:0::01]:8080', 'http://[fd00::1]:8080', '/events', ''],
    ['/a/./b/../c', 'localhost', 'http://localhost', '/a/c', ''],
    ['/a/%2e%2E/c', 'localhost', 'http://localhost', '/c', ''],
    ['/a"b?c|d', 'localhost', 'http://localhost', '/a%22b', 'c|d'],
    ['/a?b\\c', 'localhost', 'http://localhost', '/a', 'b\\c'],
    ['http://other:9/a?b', 'localhost', 'http://other:9', '/a', 'b'],
    ['https://other/a', undefined, 'https://other', '/a', ''],
  ])('reads %s of %s', (url, host, origin, path, query) => {
    expect(targetOf(url, host)).toEqual({ origin, path, query })
  })

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8080'],
    ['::ffff:10.0.0.7', 'http://10.0.0.7:8080'],
    ['fd00::7', 'http://[fd00::7]:8080'],
    ['fe80::7%eth0', 'http://[fe80::7]:8080'],
  ])(
    'takes a request without a host, as HTTP/1.0 allows, as one for %s',
    (localAddress, origin) => {
      const socket = { localAddress, localPort: 8080 } as Socket
      expect(targetOf('/readyz', undefined, socket)).toEqual({ origin, path: '/readyz', query: '' })
    },
  )

  it('refuses a request without a host whose connection has gone', () => {
    expect(targetOf('/', undefined, {} as Socket)).toBeUndefined()
  })

  it.each([
    ['/', ''],
    ['/', '[::1'],
    ['/', '[::g]'],
    ['/', 'user@[::1]'],
    ['/', '[::1]/path'],
    ['/', 'user@relay'],
    ['/', 'relay/path'],
    ['/', 'relay?query'],
    ['/', 'relay#'],
    ['/', 'relay:99999'],
    ['/', '127.1'],
    ['/', 'a b'],
    ['*', 'relay'],
    ['relay:443', 'relay'],
    ['', 'relay'],
    ['/a\\b', 'relay'],
    ['http://', 'relay'],
    ['http://relay\\a', 'relay'],
  ])('refuses %j of %j', (url, host) => {
    expect(targetOf(url, host)).toBeUndefined()
  })
})
