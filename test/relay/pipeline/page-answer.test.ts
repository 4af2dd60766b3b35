import { expect, it } from 'vitest'
import { answer, CLUSTER, createHarness, githubPair } from '../../support/relay-harness.ts'

const PAGE = answer(200, { 'content-type': 'text/html' }, '<!DOCTYPE html><title>Sign in</title>')

it('sends a commit status again that met a page, and does not count it as set', async () => {
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_1' })
  await harness.configure(...githubPair())
  harness.answerWith(() => PAGE)
  await harness.send('kustomization-applied')
  await harness.drain()
  expect(await harness.records()).toMatchObject([
    { outcome: 'retry', reason: expect.stringMatching(/^HTTP 200: the answer is a page/) },
  ])
  harness.answerWith(() => answer(201, {}, '{"state":"success"}'))
  await harness.drainNext()
  expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  expect(harness.requests).toHaveLength(2)
})
