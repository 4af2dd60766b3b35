import { expect, it, vi } from 'vitest'
import { tellOfFailures } from '../../../hosts/embedded/tell-of-failures.ts'
import { DispatchFailure } from '../../../relay/pipeline/dispatch-failure.ts'

function setUp() {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const metrics = { rejected: vi.fn(), setAside: vi.fn() }
  return { log, metrics, ...tellOfFailures(log as never, metrics) }
}

it('counts what is put back by whose fault it was, and logs it', () => {
  const { log, metrics, onFailure } = setUp()
  const err = new Error('the disk is full')
  onFailure(new DispatchFailure('host', err), 2_000)
  expect(metrics.rejected.mock.calls).toEqual([['host']])
  expect(metrics.setAside).not.toHaveBeenCalled()
  const fields = { err, fault: 'host', retryInMs: 2_000 }
  expect(log.error.mock.calls).toEqual([[fields, 'dispatch failed, will be repeated']])
})

it('counts what is set aside, as what it is and by whose fault, and logs it', () => {
  const { log, metrics, onSetAside } = setUp()
  const err = new TypeError('a bug')
  const failure = new DispatchFailure('message', err, { count: 20, firstAt: 0 })
  onSetAside({ kind: 'retry', key: 'd/2', failure })
  expect(metrics.rejected.mock.calls).toEqual([['message']])
  expect(metrics.setAside.mock.calls).toEqual([['retry']])
  const fields = { err, fault: 'message', kind: 'retry', message: 'd/2', rejections: 20 }
  expect(log.error.mock.calls).toEqual([
    [fields, 'set aside; flux-relay replay --queue puts it back'],
  ])
})
