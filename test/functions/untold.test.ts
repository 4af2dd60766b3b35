import { expect, it } from 'vitest'
import { awsRelay } from '../support/aws-relay.ts'
import {
  drain,
  openFaultyRelay,
  outcomes,
  post,
  readLedger,
  received,
  stepEvent,
  TAKEN,
} from '../support/faulty-relay.ts'

const { open } = awsRelay()

it('tells on AWS what a wrong hook kept back once that is mended, and nobody twice', async () => {
  let hook = 404
  const answer = ({ line }: { readonly line: string }) =>
    line === 'POST /hooks' ? { status: hook } : TAKEN
  const faulty = await openFaultyRelay(open, answer)
  const { relay, sink, container } = faulty
  const report = async (step: number) => {
    const event = { ...stepEvent('app', step), message: 'app failed', reason: 'BuildFailed' }
    await post(container, [event])
    await drain(faulty, container)
  }
  await report(1)
  expect(await outcomes(relay)).toEqual(['hooks: dead', 'statuses: delivered'])
  hook = 200
  await report(2)
  await report(3)
  expect(await outcomes(relay)).toEqual([
    '(no alert): suppressed',
    'hooks: dead',
    'hooks: delivered',
    'statuses: delivered',
    'statuses: suppressed',
  ])
  expect(received(sink).filter((shown) => shown.startsWith('statuses'))).toHaveLength(1)
  const reasons = (await readLedger(relay)).flatMap(({ outcome, reason }) =>
    outcome === 'suppressed' ? [reason] : [],
  )
  expect(reasons).toEqual([
    expect.stringMatching(/^repeats the event/),
    expect.stringMatching(/^repeats the event/),
  ])
})
