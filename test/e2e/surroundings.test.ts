import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startConnectProxy } from '../support/proxies.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { runCliIn, startRelay } from '../support/relay-process.ts'
import { startHttpsServer } from '../support/servers.ts'
import { shipArguments } from '../support/shipper-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A file in a new folder. */
function fileOf(text: string): string {
  const file = join(temporaryDirectory(), 'file.pem')
  writeFileSync(file, text)
  return file
}

/** An HTTPS server of this name, whose certificate is of a CA of its own. */
async function secureHook(dnsName: string) {
  const authority = await createAuthority(`CA of ${dnsName}`)
  const { port } = await startHttpsServer(await authority.issue({ dnsName }))
  return {
    ca: authority.ca,
    address: `https://${dnsName}:${port}/hook`,
    target: `${dnsName}:${port}`,
  }
}

it('takes proxies and roots from its environment', async () => {
  const proxy = await startConnectProxy()
  const plain = await startSink({ 'POST /hook': { status: 200 } })
  const near = await startSink({ 'POST /hook': { status: 200 } })
  const bySslCertFile = await secureHook('one.test')
  const byNodeExtraCaCerts = await secureHook('two.test')
  const addresses = {
    plain: `http://plain.test:${plain.port}/hook`,
    near: `${near.url}/hook`,
    one: bySslCertFile.address,
    two: byNodeExtraCaCerts.address,
  }
  const files = Object.entries(addresses).map(([name, address]) => [
    `${name}.yaml`,
    `${providerYaml(name, { type: 'generic', address })}\n---\n${alertYaml(name).replace('name: slack', `name: ${name}`)}`,
  ])
  const relay = await startRelay({
    manifests: manifestsFolder(Object.fromEntries(files)),
    environment: {
      https_proxy: `http://user:pa55word@127.0.0.1:${proxy.port}`,
      ALL_PROXY: `127.0.0.1:${proxy.port}`,
      SSL_CERT_FILE: fileOf(`# roots\n${bySslCertFile.ca}\n`),
      NODE_EXTRA_CA_CERTS: fileOf(byNodeExtraCaCerts.ca),
    },
  })
  await relay.post(kustomizationEvent('podinfo', '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'))
  await relay.logged({ msg: 'delivered' }, 4)
  expect(plain.requests).toHaveLength(1)
  expect(near.requests).toHaveLength(1)
  expect(proxy.forwarded).toEqual([`POST ${addresses.plain}`])
  expect(proxy.targets.toSorted()).toEqual([bySslCertFile.target, byNodeExtraCaCerts.target])
  expect([...new Set(proxy.authorizations)]).toEqual(
    expect.arrayContaining([undefined, `Basic ${btoa('user:pa55word')}`]),
  )
  expect(relay.lines().join('\n')).not.toContain('pa55word')
})

it.each([
  [
    'HTTPS_PROXY',
    'ftp://user:pa55word@p.test',
    /^flux-relay: HTTPS_PROXY: its URL starts with ftp:/,
  ],
  [
    'all_proxy',
    'http://user:pa55word%@p.test',
    /^flux-relay: all_proxy: the credentials in its URL/,
  ],
  ['SSL_CERT_FILE', '/nowhere/ca.pem', /^flux-relay: SSL_CERT_FILE: ENOENT.*\/nowhere\/ca\.pem/],
  ['SSL_CERT_DIR', '/nowhere', /^flux-relay: SSL_CERT_DIR: ENOENT.*\/nowhere/],
])('neither serves nor ships with a bad %s', async (name, value, message) => {
  const serve = ['serve', '--manifests', temporaryDirectory(), '--data', temporaryDirectory()]
  const ship = shipArguments({ relay: 'http://127.0.0.1:1' })
  for (const args of [serve, ship]) {
    const { code, stderr } = await runCliIn({ [name]: value }, ...args)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('pa55word')
  }
})
