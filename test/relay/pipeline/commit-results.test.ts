import { describe, expect, it } from 'vitest'
import {
  allOf,
  COMMIT_TYPES,
  eventJson,
  forTypes,
  SHA1,
  type Told,
  verdicts,
} from '../../support/commit-events.ts'
import { answer, type Harness } from '../../support/relay-harness.ts'

describe('after a commit failed', () => {
  const at = (commit: string) => ({ kind: 'HelmRelease', commit, metadata: { revision: '6.5.1' } })
  const failed = (reason: string): Told => ({ ...at(SHA1), reason, severity: 'error' })
  const info = (reason: string): Told => ({ ...at(SHA1), reason })

  /** No event repeats another. */
  let count = 0
  async function tell(harness: Harness, told: Told, afterMs = 60_000) {
    harness.clock.advance(afterMs)
    const timestamp = new Date(harness.clock.now()).toISOString()
    count += 1
    await harness.sendJson({ ...eventJson(told), timestamp, message: `message ${count}` })
    await harness.drain()
  }

  /** What GitHub was made to show, in order. */
  const shown = ({ requests }: Harness) =>
    requests.map(({ body }) => {
      const { state, description } = JSON.parse(String(body)) as Record<string, string>
      return `${state}: ${description}`
    })

  it.each([
    'RollbackSucceeded',
    'UninstallSucceeded',
    'DriftCorrected',
    'PendingRelease',
    'DependencyNotReady',
    'HealthCheckCanceled',
  ])('%s does not turn it green', async (reason) => {
    const { harness, shown: all } = await verdicts(info(reason))
    expect(all).toEqual(allOf(`skipped: ${reason} is not the result of a commit`))
    expect(harness.requests).toEqual([])
    const github = await forTypes(['github'])
    await tell(github, failed('UpgradeFailed'))
    await tell(github, info(reason))
    expect(shown(github)).toEqual(['failure: upgrade failed'])
  })

  it('an error of such a name is still an error', async () => {
    const github = await forTypes(['github'])
    await tell(github, failed('PendingRelease'))
    expect(shown(github)).toEqual(['failure: pending release'])
  })

  it.each([
    ['TestFailed', ['failure: test failed', 'success: test succeeded'], undefined],
    ['UpgradeFailed', ['failure: upgrade failed'], 'came from UpgradeFailed'],
    ['RollbackFailed', ['failure: rollback failed'], 'came from RollbackFailed'],
  ])('TestSucceeded counts after TestFailed only: %s', async (reason, expected, last) => {
    const github = await forTypes(['github'])
    await tell(github, failed(reason))
    await tell(github, info('RollbackSucceeded'))
    await tell(github, info('TestSucceeded'))
    expect(shown(github)).toEqual(expected)
    const [newest] = await github.records()
    if (last) {
      expect(newest).toMatchObject({
        outcome: 'skipped',
        reason: `this event counts only after TestFailed; the last status of this commit ${last}`,
      })
    }
  })

  it.each(COMMIT_TYPES.map(({ type }) => type))('%s keeps to that', async (type) => {
    const harness = await forTypes([type])
    for (const told of [failed('TestFailed'), info('TestSucceeded'), info('TestSucceeded')]) {
      await tell(harness, told)
    }
    expect(harness.requests).toHaveLength(2)
    await tell(harness, failed('UpgradeFailed'))
    await tell(harness, info('TestSucceeded'))
    expect(harness.requests).toHaveLength(3)
  })

  it('TestSucceeded says nothing new of a good commit, or of one that nothing is known of', async () => {
    const github = await forTypes(['github'])
    await tell(github, info('TestSucceeded'))
    await tell(github, info('UpgradeSucceeded'))
    await tell(github, info('TestSucceeded'))
    expect(shown(github)).toEqual(['success: upgrade succeeded'])
    expect((await github.records()).map(({ reason }) => reason)).toEqual([
      'this event counts only after TestFailed; the last status of this commit came from UpgradeSucceeded',
      'HTTP 201',
      'this event counts only after TestFailed; the last status of this commit is not known',
    ])
  })

  it('each commit has its own last status', async () => {
    const github = await forTypes(['github'])
    const other = '0123456789abcdef0123456789abcdef01234567'
    await tell(github, failed('TestFailed'))
    await tell(github, { ...at(other), reason: 'TestSucceeded' })
    expect(shown(github)).toEqual(['failure: test failed'])
  })

  it('a failed test that is still on its way is answered, and not sent after the answer', async () => {
    const github = await forTypes(['github'])
    github.answerWith(() => answer(503))
    await tell(github, failed('TestFailed'))
    github.answerWith(() => answer(201))
    await tell(github, info('TestSucceeded'))
    while (await github.drainNext());
    expect(shown(github)).toEqual(['failure: test failed', 'success: test succeeded'])
    expect((await github.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'suppressed',
    ])
  })

  it('a failed upgrade that is still on its way is sent in the end', async () => {
    const github = await forTypes(['github'])
    github.answerWith(() => answer(503))
    await tell(github, failed('UpgradeFailed'))
    github.answerWith(() => answer(201))
    await tell(github, info('TestSucceeded'))
    while (await github.drainNext());
    expect(shown(github)).toEqual(['failure: upgrade failed', 'failure: upgrade failed'])
  })

  it('a forge that cannot be reached changes nothing of that', async () => {
    for (const reason of ['TestFailed', 'UpgradeFailed']) {
      const github = await forTypes(['github'])
      github.answerWith(() => answer(503))
      // Three failures park the destination, so what follows is not even tried.
      for (const commit of ['a', 'b', 'c']) {
        await tell(github, { ...at(commit.repeat(40)), reason, severity: 'error' })
      }
      await tell(github, failed(reason))
      await tell(github, info('TestSucceeded'))
      const atLast = github.requests.length
      github.answerWith(() => answer(201))
      while (await github.drainNext());
      const own = github.requests.slice(atLast).filter(({ url }) => url.endsWith(SHA1))
      const states = own.map(({ body }) => (JSON.parse(String(body)) as { state: string }).state)
      expect(states).toEqual([reason === 'TestFailed' ? 'success' : 'failure'])
    }
  })

  it('a failed test that waits for a parked forge is answered, and not sent after the answer', async () => {
    const github = await forTypes(['github'])
    github.answerWith(() => answer(503))
    for (const commit of ['a', 'b', 'c']) {
      await tell(github, { ...at(commit.repeat(40)), reason: 'TestFailed', severity: 'error' })
    }
    const before = github.requests.length
    await tell(github, failed('TestFailed'), 1_000)
    await tell(github, info('TestSucceeded'), 1_000)
    expect(github.requests).toHaveLength(before)
    github.answerWith(() => answer(201))
    while (await github.drainNext());
    const own = github.requests.filter(({ url }) => url.endsWith(SHA1))
    expect(own.map(({ body }) => JSON.parse(String(body)))).toMatchObject([{ state: 'success' }])
  })

  it('what was sent before the relay kept reasons is not known', async () => {
    const github = await forTypes(['github'])
    await tell(github, failed('TestFailed'))
    const [record] = await github.records()
    const key = record?.subjectStateKey ?? ''
    const stored = await github.ports.state.read(key)
    const old = JSON.parse(JSON.stringify(stored?.value), (key, value: unknown) =>
      key === 'reason' ? undefined : value,
    ) as unknown
    expect(JSON.stringify(stored?.value)).toContain('TestFailed')
    const expiresAt = github.clock.now() + 3_600_000
    await github.ports.state.write(key, old, stored?.version ?? 'absent', expiresAt)
    await tell(github, info('TestSucceeded'))
    expect(shown(github)).toEqual(['failure: test failed'])
    await tell(github, info('UpgradeSucceeded'))
    expect(shown(github).at(-1)).toBe('success: upgrade succeeded')
  })
})
