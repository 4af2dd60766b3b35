import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpServer } from '../../support/servers.ts'

const v4 = (address: string): LookupAddress => ({ address, family: 4 })

describe('addresses of requests', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '%31%32%37.0.0.1',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    'localhost',
    'LOCALHOST',
  ])('refuses http://%s/ without private addresses', async (host) => {
    const server = await startHttpServer((_request, response) => response.end())
    const client = testClient({ allowPrivate: false })
    const result = await client.send(post(`http://${host}:${server.port}/`), PATIENT)
    expect(result).toMatchObject(failure('address-refused', false))
    expect(server.sockets).toHaveLength(0)
  })

  it.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '[::ffff:a9fe:a9fe]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '0.0.0.0',
    '0',
    '[::]',
  ])('never connects to http://%s/', async (host) => {
    const result = await testClient().send(post(`http://${host}/latest/meta-data/`), PATIENT)
    expect(result).toMatchObject(failure('address-refused', false))
    expect(JSON.stringify(result)).not.toContain('meta-data')
  })

  it('never connects to a refused service, by whichever name', async () => {
    const server = await startHttpServer((_request, response) => response.end())
    const client = testClient({ refuse: [`127.0.0.1:${server.port}`] })
    for (const host of ['127.0.0.1', 'localhost', '127.1']) {
      const result = await client.send(post(`http://${host}:${server.port}/`), PATIENT)
      expect(result).toMatchObject(failure('address-refused', false))
    }
    expect(server.sockets).toHaveLength(0)
  })

  it.each(['localhost.', 'a.localhost', 'looks-public.example', '127.0.0.1.nip.example'])(
    'refuses the name %s by what it resolves to',
    async (host) => {
      const client = testClient({ allowPrivate: false, resolve: async () => [v4('127.0.0.1')] })
      const result = await client.send(post(`http://${host}/`), PATIENT)
      expect(result).toMatchObject(failure('address-refused', false))
    },
  )

  it('judges the look-up that the connection itself makes, so a changing name gains nothing', async () => {
    const server = await startHttpServer((_request, response) => {
      response.setHeader('connection', 'close')
      response.end('one')
    })
    const answers = ['127.0.0.1', '169.254.169.254', '127.0.0.1']
    const asked: string[] = []
    const client = testClient({
      resolve: async (hostname) => {
        asked.push(hostname)
        return [v4(answers.shift() ?? '')]
      },
    })
    const send = () => client.send(post(`http://rebind.example:${server.port}/`), PATIENT)
    expect(await send()).toMatchObject({ kind: 'response', body: 'one' })
    expect(await send()).toMatchObject(failure('address-refused', false))
    expect(await send()).toMatchObject({ kind: 'response', body: 'one' })
    expect(asked).toEqual(['rebind.example', 'rebind.example', 'rebind.example'])
  })

  it('connects to the allowed ones of several addresses', async () => {
    const server = await startHttpServer((_request, response) => response.end('reached'))
    const client = testClient({
      resolve: async () => [v4('169.254.169.254'), v4('127.0.0.1'), v4('0.0.0.0')],
    })
    const result = await client.send(post(`http://mixed.example:${server.port}/`), PATIENT)
    expect(result).toMatchObject({ kind: 'response', body: 'reached' })
  })

  it('tries the next address when one does not answer', async () => {
    const server = await startHttpServer((_request, response) => response.end('reached'))
    const client = testClient({ resolve: async () => [v4('127.0.0.2'), v4('127.0.0.1')] })
    const result = await client.send(post(`http://two.example:${server.port}/`), PATIENT)
    expect(result).toMatchObject({ kind: 'response', body: 'reached' })
  })
})
