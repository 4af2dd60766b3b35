import { expect, it } from 'vitest'
import { isTrace } from '../../../hosts/shipper/sources/trace-event.ts'
import reports from '../../fixtures/flux-reports.json' with { type: 'json' }

/** The reports of Flux's controllers, as their sources have them; `last` is of the object's event before. */
const CASES = reports.map(
  ({ controller, version, apiVersion, kind, reason, how, severity, message, ...rest }) => ({
    from: `${controller} ${version}`,
    event: {
      involvedObject: { apiVersion, kind, namespace: 'flux-system', name: 'x', uid: '' },
      severity,
      reason,
      message,
    },
    kind,
    reason,
    message,
    how,
    last: 'last' in rest ? rest.last : 'none',
  }),
)

it.each(CASES)('$from: $kind $reason "$message" is $how after $last', ({ event, how, last }) => {
  const { involvedObject } = event
  const whole = {
    ...event,
    involvedObject: { ...involvedObject, resourceVersion: '', fieldPath: '' },
  }
  const before = last !== 'none' && { isError: last === 'error', isSame: last === 'same' }
  expect(isTrace(whole, before || undefined) ? 'trace' : 'posted').toBe(how)
})

it('is no reason of a kind that posts it, or of another group', () => {
  const event = (apiVersion: string, kind: string, reason: string) => ({
    involvedObject: {
      ...{ apiVersion, kind, namespace: 'a', name: 'b' },
      ...{ uid: '', resourceVersion: '', fieldPath: '' },
    },
    ...{ severity: 'info', reason, message: 'x' },
  })
  const source = 'source.toolkit.fluxcd.io/v1'
  expect(isTrace(event(source, 'OCIRepository', 'AuthenticationFailed'))).toBe(true)
  expect(isTrace(event(source, 'Bucket', 'AuthenticationFailed'))).toBe(false)
  expect(isTrace(event(source, 'HelmRepository', 'Succeeded'))).toBe(false)
  expect(isTrace(event('v1', 'GitRepository', 'NotFound'))).toBe(false)
})
