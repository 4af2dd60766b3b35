import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { EnvironmentVariableError } from '../../../adapters/http/proxy-rules.ts'
import { readRootCertificates } from '../../../adapters/http/root-certificates.ts'
import { type CertificateAuthority, createAuthority } from '../../support/certificates.ts'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpsServer } from '../../support/servers.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let one: CertificateAuthority
let other: CertificateAuthority

beforeAll(async () => {
  one = await createAuthority('one')
  other = await createAuthority('other')
})

const normal = (pem: string) => pem.replace(/\s+/g, '')

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

describe('roots of the environment', () => {
  it('are none without a variable', () => {
    expect(readRootCertificates({})).toBeUndefined()
    expect(readRootCertificates({ SSL_CERT_FILE: '', SSL_CERT_DIR: '' })).toBeUndefined()
  })

  it('are those of the file, in the place of all others', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
    const folder = folderOf({ ca: `# one\n${one.ca}\n${broken}\n# two\n${other.ca}` })
    const roots = readRootCertificates({ SSL_CERT_FILE: join(folder, 'ca') })
    expect(roots?.map(normal)).toEqual([
      ...[one.ca, other.ca].map(normal),
      ...getCACertificates('extra').map(normal),
    ])
  })

  it('are those of directories beside them, or beside those of Node', () => {
    const [first, second] = [folderOf({ a: one.ca, readme: 'x' }), folderOf({ b: other.ca })]
    mkdirSync(join(first, 'folder'))
    const beside = readRootCertificates({ SSL_CERT_DIR: `${first}:${second}` })
    expect(beside).toHaveLength(getCACertificates('default').length + 2)
    const both = readRootCertificates({ SSL_CERT_FILE: join(second, 'b'), SSL_CERT_DIR: first })
    expect(both?.slice(0, 1).map(normal)).toEqual([normal(other.ca)])
    expect(both?.at(-1) && normal(both.at(-1) ?? '')).toBe(normal(one.ca))
  })

  it.each([
    ['no file', { SSL_CERT_FILE: '/nowhere' }, /^SSL_CERT_FILE: .*\/nowhere/],
    ['no certificate', { SSL_CERT_FILE: '/dev/null' }, /^SSL_CERT_FILE \/dev\/null: there is no/],
    ['no directory', { SSL_CERT_DIR: '/nowhere' }, /^SSL_CERT_DIR: .*\/nowhere/],
  ])('that are %s are an error', (_, variables, message) => {
    expect(() => readRootCertificates(variables)).toThrow(EnvironmentVariableError)
    expect(() => readRootCertificates(variables)).toThrow(message)
  })

  it('are trusted where the transport has no CA of its own', async () => {
    const { port } = await startHttpsServer(await one.issue())
    const request = post(`https://127.0.0.1:${port}/`)
    const http = testClient({ roots: [one.ca] })
    expect(await http.send(request, PATIENT)).toMatchObject({ status: 200 })
    const own = { ...PATIENT, tls: { ca: other.ca } }
    expect(await http.send(request, own)).toMatchObject(failure('tls', false))
    const wary = testClient({ roots: [other.ca] })
    expect(await wary.send(request, PATIENT)).toMatchObject(failure('tls', false))
    const given = { ...PATIENT, tls: { ca: one.ca } }
    expect(await wary.send(request, given)).toMatchObject({ status: 200 })
  })
})
