import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { answer, githubPair } from '../../support/relay-harness.ts'
import { startSimulatedRelay } from '../../support/simulated-relay.ts'

/** Who has a claim on a subject, as the disk knows it. */
const CLAIMS = `SELECT value ->> '$.claim.deliveryId' AS delivery, value ->> '$.settled.shows' AS shows
  FROM state WHERE key NOT LIKE '%#object#%'`

/** Without it, a relay that is killed would go on with what the destination showed before the request. */
it('has the claim of a status on the disk before its request leaves', async () => {
  const disk = new MemoryDisk()
  const claims: unknown[] = []
  const relay = await startSimulatedRelay({
    ...{ disk, clock: new ManualClock(), manifests: githubPair(), placesPerHost: 2 },
    onSetAside: ({ failure }) => {
      throw failure
    },
    http: {
      async send() {
        claims.push(...disk.rows(CLAIMS))
        return answer(201)
      },
    },
  })
  onTestFinished(() => relay.kill())
  const event = fixtureJson('kustomization-finished')
  for (const [sent, severity] of ['info', 'error', 'info'].entries()) {
    await relay.post({ ...event, severity, message: `${severity} ${sent}` })
    for (let turns = 0; turns < 40; turns += 1) await turn()
  }
  const delivery = expect.stringMatching(/^[0-9a-f]{64}$/)
  expect(claims).toEqual([
    { delivery, shows: null },
    { delivery, shows: expect.stringContaining('success') },
    { delivery, shows: expect.stringContaining('failure') },
  ])
})
