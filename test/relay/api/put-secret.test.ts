import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_SECRET_BYTES, putSecret } from '../../../relay/api/put-secret.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

/** In every key and value here, and so never in an answer that refuses. */
const CANARY = 'hunter2'

function setup() {
  const { secrets } = memoryPorts()
  const put = async (value: unknown, changes: object = {}) => {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    const name = { cluster: 'prod', namespace: 'flux-system', name: 'slack' }
    const answer = await putSecret(secrets, { ...name, body, ...changes })
    return { ...answer, json: JSON.parse(answer.body) as unknown }
  }
  return {
    secrets,
    put,
    stored: async () => (await secrets.read('prod', 'flux-system', 'slack'))?.data,
  }
}

describe('putSecret', () => {
  it('stores a Secret in the place of what was there, and answers with its keys', async () => {
    const { secrets, put, stored } = setup()
    secrets.put('prod', 'flux-system', 'slack', { old: 'x' })
    const data = {
      address: `https://hooks.example/${CANARY}`,
      'tls.key_1-A': `\u{1F511}\n${CANARY}`,
      empty: '',
    }
    const answer = await put(data)
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        cluster: 'prod',
        namespace: 'flux-system',
        name: 'slack',
        keys: ['address', 'tls.key_1-A', 'empty'],
      },
    ])
    expect(answer.body).not.toContain(CANARY)
    expect(await stored()).toEqual(data)
  })

  it('takes a body that is compressed', async () => {
    const { put, stored } = setup()
    const body = gzipSync(JSON.stringify({ token: 'a' }))
    expect(await put('', { body, contentEncoding: 'gzip' })).toMatchObject({ status: 200 })
    expect(await stored()).toEqual({ token: 'a' })
  })

  it.each([
    ['nothing', '', 'the body is empty'],
    ['no JSON', `{"token": ${CANARY}`, 'the body is not valid JSON'],
    ['an array', [CANARY], 'expected one JSON object, received an array'],
    ['a text', `"${CANARY}"`, 'expected one JSON object, received a string'],
    ['no key', {}, 'expected at least one key'],
    ['a number', { [CANARY]: 1 }, 'expected texts only'],
    ['an object', { token: { [CANARY]: CANARY } }, 'expected texts only'],
    ['null', { [CANARY]: null }, 'expected texts only'],
    ['a key with a space', { [`a ${CANARY}`]: 'x' }, 'each key must consist of letters, digits'],
    ['an empty key', { '': CANARY }, 'each key must consist of'],
    ['a key of 254 characters', { [CANARY.padEnd(254, 'k')]: 'x' }, 'each key must consist of'],
  ])('refuses %s, and shows nothing of it', async (_, value, detail) => {
    const { put, stored } = setup()
    const answer = await put(value)
    expect(answer).toMatchObject({ status: 400, contentType: 'application/problem+json' })
    expect(answer.json).toMatchObject({ detail: expect.stringContaining(detail) })
    expect(answer.body).not.toContain(CANARY)
    expect(await stored()).toBeUndefined()
  })

  it.each([
    ['namespace', 'Flux'],
    ['namespace', '..'],
    ['namespace', ''],
    ['name', 'a/b'],
    ['name', '-a'],
    ['name', 'a'.repeat(254)],
  ])('refuses the %s “%s”', async (field, text) => {
    const { put } = setup()
    const answer = await put({ token: 'a' }, { [field]: text })
    expect([answer.status, answer.json]).toMatchObject([400, { errors: [{ field }] }])
  })

  it('takes 64 KiB, as sent and unpacked, and no more', async () => {
    const { put, stored } = setup()
    const sized = (bytes: number) =>
      JSON.stringify({ token: 'x'.repeat(bytes - '{"token":""}'.length) })
    expect(await put(sized(MAX_SECRET_BYTES))).toMatchObject({ status: 200 })
    const before = await stored()
    const tooLarge = sized(MAX_SECRET_BYTES + 1)
    expect(await put(tooLarge)).toMatchObject({ status: 413 })
    const packed = { body: gzipSync(tooLarge), contentEncoding: 'gzip' }
    const answer = await put('', packed)
    expect([answer.status, answer.json]).toMatchObject([
      413,
      { detail: 'the body is larger than 64 KiB; send less at a time' },
    ])
    expect(await stored()).toBe(before)
  })

  it('says 503 when the store fails, with the cause for the host only', async () => {
    const { secrets, put } = setup()
    secrets.failure = new Error('the disk is full')
    const answer = await put({ token: CANARY })
    expect(answer).toMatchObject({ status: 503, cause: secrets.failure })
    expect(answer.body).not.toMatch(/disk|hunter2/)
  })
})
