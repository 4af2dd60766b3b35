import { describe, expect, it } from 'vitest'
import { readProxyRules } from '../../../adapters/http/proxy-rules.ts'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startConnectProxy, startSocksProxy } from '../../support/proxies.ts'
import { startHttpServer } from '../../support/servers.ts'

const okServer = () => startHttpServer((_request, response) => response.end('ok'))

/** A client whose own addresses are public only. */
function clientWith(environment: Record<string, string>, options = {}) {
  return testClient({ allowPrivate: false, proxies: readProxyRules(environment), ...options })
}

describe('a proxy of the host', () => {
  it.each([
    ['HTTP_PROXY', (port: number) => `http://127.0.0.1:${port}`, startConnectProxy],
    ['all_proxy', (port: number) => `socks5h://127.0.0.1:${port}`, startSocksProxy],
  ])('of %s is used, though it is private', async (name, urlOf, start) => {
    const { port } = await okServer()
    const proxy = await start()
    const client = clientWith({ [name]: urlOf(proxy.port) })
    const result = await client.send(post(`http://public.example:${port}/`), PATIENT)
    expect(result).toMatchObject({ status: 200, body: 'ok' })
    expect([...proxy.targets, ...proxy.forwarded]).toHaveLength(1)
  })

  it('is never link-local', async () => {
    const client = clientWith({ HTTPS_PROXY: 'http://169.254.169.254', HTTP_PROXY: '[fe80::1]' })
    for (const url of ['https://public.example/', 'http://public.example/']) {
      expect(await client.send(post(url), PATIENT)).toMatchObject(failure('address-refused', false))
    }
  })

  it('is not asked for an address that the guard refuses', async () => {
    const proxy = await startConnectProxy()
    const url = `http://127.0.0.1:${proxy.port}`
    const client = clientWith({ HTTP_PROXY: url, HTTPS_PROXY: url })
    for (const host of ['169.254.169.254', '10.0.0.1', '[::ffff:a9fe:a9fe]', '[fd00::1]']) {
      for (const scheme of ['http', 'https']) {
        const result = await client.send(post(`${scheme}://${host}/`), PATIENT)
        expect(result).toMatchObject(failure('address-refused', false))
      }
    }
    expect(proxy.sockets).toHaveLength(0)
  })

  it('is never asked for this machine', async () => {
    const { port } = await okServer()
    const proxy = await startConnectProxy()
    const environment = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }
    const urls = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`]
    for (const url of urls) {
      expect(await clientWith(environment).send(post(url), PATIENT)).toMatchObject(
        failure('address-refused', false),
      )
      const client = clientWith(environment, { allowPrivate: true })
      expect(await client.send(post(url), PATIENT)).toMatchObject({ status: 200 })
    }
    expect(proxy.sockets).toHaveLength(0)
  })

  it('leaves out what NO_PROXY names', async () => {
    const { port } = await okServer()
    const proxy = await startConnectProxy()
    const environment = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '.inside.test' }
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    const client = clientWith(environment, { allowPrivate: true, resolve })
    const send = (host: string) => client.send(post(`http://${host}:${port}/`), PATIENT)
    expect(await send('a.inside.test')).toMatchObject({ status: 200 })
    expect(proxy.sockets).toHaveLength(0)
    expect(await send('outside.test')).toMatchObject({ status: 200 })
    expect(proxy.forwarded).toEqual([`POST http://outside.test:${port}/`])
  })

  it('gives way to that of the Provider, which stays behind the guard', async () => {
    const { port } = await okServer()
    const ofHost = await startConnectProxy()
    const ofProvider = await startConnectProxy()
    const environment = { HTTP_PROXY: `http://127.0.0.1:${ofHost.port}` }
    const transport = { ...PATIENT, proxyUrl: `http://127.0.0.1:${ofProvider.port}` }
    const request = post(`http://a.example:${port}/`)
    const refused = await clientWith(environment).send(request, transport)
    expect(refused).toMatchObject(failure('address-refused', false))
    const client = clientWith(environment, { allowPrivate: true })
    expect(await client.send(request, transport)).toMatchObject({ status: 200 })
    expect(ofProvider.forwarded).toHaveLength(1)
    expect(ofHost.sockets).toHaveLength(0)
  })
})
