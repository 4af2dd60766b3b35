import { describe, expect, it } from 'vitest'
import { createAccessTokens } from '../../../../relay/providers/auth/access-tokens.ts'
import { ManualClock, START } from '../../../support/manual-clock.ts'

const MINUTE_MS = 60_000
const CREDENTIAL = ['app', 'key']

/** Tokens whose service gives `token-1`, `token-2`, …, each for an hour. */
function open() {
  const clock = new ManualClock(START)
  const tokens = createAccessTokens(clock)
  let fetches = 0
  const fetch = async () => {
    fetches += 1
    return { kind: 'token', token: `token-${fetches}`, validMs: 60 * MINUTE_MS } as const
  }
  return { clock, tokens, fetch, fetches: () => fetches }
}

describe('access tokens', () => {
  it('are fetched once, until a minute before they expire', async () => {
    const { clock, tokens, fetch } = open()
    expect(await tokens.get(CREDENTIAL, fetch)).toMatchObject({ token: 'token-1' })
    clock.set(START + 59 * MINUTE_MS - 1)
    expect(await tokens.get(CREDENTIAL, fetch)).toMatchObject({ token: 'token-1' })
    clock.set(START + 59 * MINUTE_MS)
    expect(await tokens.get(CREDENTIAL, fetch)).toMatchObject({ token: 'token-2' })
  })

  it.each([-3 * 60, -30, 30, 3 * 60])(
    'are fetched at most once more when the clock is set by %d minutes, and live no longer',
    async (minutes) => {
      const { clock, tokens, fetch, fetches } = open()
      await tokens.get(CREDENTIAL, fetch)
      clock.advance(10 * MINUTE_MS)
      clock.setBy(minutes * MINUTE_MS)
      const tokenAfter = async (ms: number) => {
        clock.advance(ms)
        return (await tokens.get(CREDENTIAL, fetch)) as { token: string }
      }
      // What was set forward beyond its end may have ended: a machine that slept shows the same.
      const { token } = await tokenAfter(0)
      expect(token).toBe(minutes > 50 ? 'token-2' : 'token-1')
      const before = fetches()
      await tokenAfter(10 * MINUTE_MS)
      expect(fetches()).toBe(before)
      expect((await tokenAfter(60 * MINUTE_MS)).token).not.toBe(token)
    },
  )

  it('are fetched once for all that ask at the same time', async () => {
    const { tokens, fetch, fetches } = open()
    const given = await Promise.all([1, 2, 3].map(() => tokens.get(CREDENTIAL, fetch)))
    expect(new Set(given).size).toBe(1)
    expect(fetches()).toBe(1)
  })

  it('are another’s for another credential, however it is cut into parts', async () => {
    const { tokens, fetch } = open()
    await tokens.get(['ab', 'c'], fetch)
    expect(await tokens.get(['a', 'bc'], fetch)).toMatchObject({ token: 'token-2' })
  })

  it('are fetched anew once forgotten', async () => {
    const { tokens, fetch } = open()
    await tokens.get(CREDENTIAL, fetch)
    tokens.forget('token-1')
    expect(await tokens.get(CREDENTIAL, fetch)).toMatchObject({ token: 'token-2' })
  })

  it('are asked for again after a failure, which is handed on', async () => {
    const { tokens, fetch } = open()
    const failure = { kind: 'retry', reason: 'HTTP 503', applied: 'no' } as const
    expect(await tokens.get(CREDENTIAL, async () => failure)).toBe(failure)
    await expect(tokens.get(CREDENTIAL, () => Promise.reject(new Error('bug')))).rejects.toThrow()
    expect(await tokens.get(CREDENTIAL, fetch)).toMatchObject({ token: 'token-1' })
  })

  it('are kept for a thousand credentials, the last used', async () => {
    const { tokens, fetch, fetches } = open()
    for (let n = 0; n < 1_000; n += 1) await tokens.get([`${n}`], fetch)
    await tokens.get(['0'], fetch)
    await tokens.get(['1000'], fetch)
    expect(fetches()).toBe(1_001)
    await tokens.get(['0'], fetch)
    expect(fetches()).toBe(1_001)
    await tokens.get(['1'], fetch)
    expect(fetches()).toBe(1_002)
  })
})
