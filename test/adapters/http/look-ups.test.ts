import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLookUps } from '../../../adapters/http/look-ups.ts'
import { testClient } from '../../support/http-client.ts'
import { startHttpServer } from '../../support/servers.ts'

const LOCAL = [{ address: '127.0.0.1', family: 4 }]

/** Look-ups whose system answers when it is told to; of names that end in `.good` at once. */
function setUp(threads?: number) {
  const asked: string[] = []
  const answers = new Map<string, PromiseWithResolvers<typeof LOCAL>>()
  const resolve = createLookUps({
    ...(threads !== undefined && { threads }),
    getaddrinfo: (hostname) => {
      asked.push(hostname)
      if (hostname.endsWith('.good')) return Promise.resolve(LOCAL)
      const answer = Promise.withResolvers<typeof LOCAL>()
      answers.set(hostname, answer)
      return answer.promise
    },
  })
  const outcomes = new Map<string, string>()
  /** Notes what comes of a look-up, under `as`. */
  const ask = (hostname: string, cluster?: string, as = hostname) => {
    resolve(hostname, cluster).then(
      ([first]) => outcomes.set(as, first?.address ?? 'none'),
      (error: Error) => outcomes.set(as, error.message),
    )
  }
  const answer = (hostname: string) => answers.get(hostname)?.resolve(LOCAL)
  return { resolve, ask, answer, answers, asked, outcomes }
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('look-ups', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  it('that hang in one cluster delay no name of another', async () => {
    const { ask, asked, outcomes } = setUp()
    for (const name of names('hang', 200)) ask(name, 'loud')
    for (const name of ['a.good', 'b.good', 'c.good']) ask(name, 'quiet')
    ask('d.good')
    await pass(0)
    expect(asked).toEqual(['hang0', 'hang1', 'a.good', 'b.good', 'd.good', 'c.good'])
    for (const name of ['a.good', 'b.good', 'c.good', 'd.good']) {
      expect(outcomes.get(name)).toBe('127.0.0.1')
    }
  })

  it('ask once for a name at a time, for all clusters that wait for it', async () => {
    const { ask, answer, asked, outcomes } = setUp()
    for (const name of names('asker', 50)) ask('one.test', name, name)
    expect(asked).toEqual(['one.test'])
    answer('one.test')
    await pass(0)
    expect([...outcomes.values()]).toEqual(Array(50).fill('127.0.0.1'))
    ask('one.test', 'a')
    expect(asked).toEqual(['one.test', 'one.test'])
  })

  it('begin by the share of whoever asks, though another cluster has it waiting', async () => {
    const { ask, asked, outcomes } = setUp()
    for (const name of ['hang0', 'hang1', 'shared.good']) ask(name, 'loud', `loud ${name}`)
    expect(asked).toEqual(['hang0', 'hang1'])
    ask('shared.good', 'quiet', 'quiet')
    await pass(0)
    expect(outcomes.get('quiet')).toBe('127.0.0.1')
    expect(outcomes.get('loud shared.good')).toBe('127.0.0.1')
  })

  it('are waited for 5 s each, two of a cluster at once', async () => {
    const { ask, asked, outcomes } = setUp()
    for (const name of names('hang', 5)) ask(name, 'a')
    await pass(4_999)
    expect(asked).toEqual(names('hang', 2))
    expect(outcomes.size).toBe(0)
    await pass(1)
    expect(outcomes.get('hang0')).toBe('hang0: the name look-up took 5 s')
    expect(asked).toEqual(names('hang', 4))
    await pass(5_000)
    expect(outcomes.size).toBe(4)
  })

  it('give who joins one its own 5 s', async () => {
    const { ask, answer, outcomes } = setUp()
    ask('slow.test', 'a', 'first')
    await pass(4_000)
    ask('slow.test', 'b', 'second')
    await pass(2_000)
    expect([...outcomes.keys()]).toEqual(['first'])
    answer('slow.test')
    await pass(0)
    expect(outcomes.get('second')).toBe('127.0.0.1')
  })

  it('of names that hung before leave one of two to the other names of their cluster', async () => {
    const { ask, asked, answers } = setUp()
    for (const name of names('hang', 2)) ask(name, 'a')
    await pass(5_000)
    for (const name of names('hang', 2)) answers.get(name)?.reject(new Error('EAI_AGAIN'))
    await pass(0)
    asked.length = 0
    for (const name of [...names('hang', 2), 'new.good']) ask(name, 'a')
    await pass(0)
    expect(asked).toEqual(['hang0', 'new.good'])
  })

  it('that hang for minutes take no more threads than are left for others', async () => {
    const { ask, asked, outcomes } = setUp(8)
    for (const name of names('hang', 6)) ask(name, 'loud')
    await pass(20_000)
    expect(asked).toEqual(names('hang', 4))
    for (const cluster of ['quiet', 'other']) {
      ask(`${cluster}.good`, cluster)
      await pass(0)
      expect(outcomes.get(`${cluster}.good`)).toBe('127.0.0.1')
    }
    await pass(10_000)
    expect(outcomes.get('hang5')).toBe('hang5: the name look-up could not begin for 30 s')
  })

  it('leave nothing behind', async () => {
    const { ask, answer, answers, outcomes } = setUp()
    for (const name of names('hang', 7)) ask(name, 'a')
    await pass(30_000)
    for (const name of answers.keys()) answer(name)
    await pass(0)
    expect(outcomes.size).toBe(7)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fail as the system says', async () => {
    const { ask, answers, outcomes } = setUp()
    ask('none.test', 'a')
    answers.get('none.test')?.reject(new Error('ENOTFOUND'))
    await pass(0)
    expect(outcomes.get('none.test')).toBe('ENOTFOUND')
  })
})

describe('with names that hang in one cluster', () => {
  it("another cluster's request and a file are there at once", async () => {
    const server = await startHttpServer((_, response) => response.end('ok'))
    const { resolve } = setUp()
    const client = testClient({ resolve })
    const send = (hostname: string, cluster: string) =>
      client.send(
        {
          method: 'POST',
          url: `http://${hostname}:${server.port}/`,
          headers: {},
          body: '',
        },
        { timeoutMs: 10_000, cluster },
      )
    const hanging = names('hang', 20).map((name) => send(`${name}.test`, 'loud'))
    const first = await Promise.race([...hanging, send('a.good', 'quiet')])
    expect(first).toMatchObject({ kind: 'response', status: 200, body: 'ok' })
    expect((await readFile(import.meta.filename)).length).toBeGreaterThan(0)
    await client.destroy()
    expect(await Promise.all(hanging)).toMatchObject(hanging.map(() => ({ kind: 'failure' })))
  })
})
