import { expect, it } from 'vitest'
import { streamPosition } from '../../cli/console/stream-position.ts'
import type { OpenedStream } from '../../client/delivery-changes.ts'
import { problemAnswer } from '../../relay/api/answer.ts'
import { problem } from '../../relay/api/problem.ts'
import { waitFor } from '../support/wait-for.ts'

/** The position that a stream of these texts tells, and how often the stream was closed. */
async function positionOf(texts: AsyncIterable<string>) {
  let closed = 0
  const close = () => {
    closed += 1
  }
  const position = await streamPosition({ openDeliveries: async () => ({ texts, close }) }, 50)
  await waitFor(() => expect(closed).toBe(1))
  return position
}

async function* textsOf(...texts: readonly string[]) {
  yield* texts
}

it('is the first that the stream tells, which is closed then', async () => {
  expect(await positionOf(textsOf('retry: 2000\nid: a-1\n\n', 'id: a-2\n\n'))).toBe('a-1')
  expect(await positionOf(textsOf(':\n\nid: a-', '1\n\n'))).toBe('a-1')
  expect(await positionOf(textsOf(':\n\n'))).toBeUndefined()
})

it('is not waited for longer than a list may take', async () => {
  const silent = async function* () {
    await new Promise(() => undefined)
    yield ''
  }
  expect(await positionOf(silent())).toBeUndefined()
  let late: (opened: OpenedStream) => void = () => undefined
  const opening = new Promise<OpenedStream>((resolve) => {
    late = resolve
  })
  expect(await streamPosition({ openDeliveries: () => opening }, 10)).toBeUndefined()
  const closed = new Promise<void>((resolve) => late({ texts: silent(), close: resolve }))
  await closed
})

it('is none where the relay refuses, cannot be reached or breaks off', async () => {
  const refusal = problemAnswer(problem('overloaded', 'no place'))
  expect(await streamPosition({ openDeliveries: async () => ({ refusal }) })).toBeUndefined()
  const lost = () => Promise.reject(new Error('no connection'))
  expect(await streamPosition({ openDeliveries: lost })).toBeUndefined()
  const broken = async function* () {
    yield 'id: a'
    throw new Error('the connection broke')
  }
  expect(await positionOf(broken())).toBeUndefined()
})
