import { networkInterfaces } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpServer, urlOf } from '../../../hosts/kit/http-server.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

it('listens at :: for both families, and knows senders by their own addresses', async () => {
  const senders: (string | undefined)[] = []
  const server = createHttpServer({
    async handle({ remoteAddress }) {
      senders.push(remoteAddress)
      return { status: 200, headers: {}, body: '' }
    },
    misaddressed: () => ({ status: 400, headers: {}, body: '' }),
    unsent: () => undefined,
  })
  const { port, close } = await server.listen({ port: 0, host: '::' })
  onTestFinished(() => close(0))
  const hosts = hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  for (const host of hosts) {
    const { status } = await fetch(urlOf({ host, port }))
    expect(status).toBe(200)
  }
  expect(senders).toEqual(hosts)
})
