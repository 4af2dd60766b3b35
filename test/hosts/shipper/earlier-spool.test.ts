import { expect, it } from 'vitest'
import { earlierSpoolFolder } from '../../fixtures/stored/open-scene.ts'
import { runSender, takesAll } from '../../support/sender-harness.ts'
import { testSpool } from '../../support/spool.ts'

const EVENTS = 300

it('sends what 591c4aa left in its spool, in order and as it was', async () => {
  const { spool, aside } = testSpool({ directory: earlierSpoolFolder() })
  expect(aside).toEqual([])
  expect(spool.depth()).toMatchObject({ events: EVENTS, later: 0, refused: 0 })
  const bodies = spool.peek(EVENTS, 2 ** 30).map(({ body }) => body)
  const run = runSender(spool, [takesAll])
  await run.emptied()
  expect(run.batches.flat()).toEqual(Array.from({ length: EVENTS }, (_, index) => `event ${index}`))
  expect(bodies).toHaveLength(EVENTS)
  expect(spool.depth()).toMatchObject({ events: 0, bytes: 0 })
})
