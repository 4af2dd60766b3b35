import { expect, it } from 'vitest'
import { isFoundEnd, isGoodEnd, SHIPPER_REPORTER } from '../../../relay/model/good-ends.ts'
import { event } from '../../support/delivery-records.ts'

const of = (
  kind: string,
  reason: string,
  severity = 'info',
  reportingController = 'kustomize-controller',
) => {
  const { involvedObject } = event()
  const reported = { severity, reason, reportingController }
  return isGoodEnd({ ...reported, involvedObject: { ...involvedObject, kind } })
}

it.each([
  ['Kustomization', 'ReconciliationSucceeded', true],
  ['Kustomization', 'Progressing', false],
  ['Kustomization', 'DependencyNotReady', false],
  ['HelmRelease', 'InstallSucceeded', true],
  ['HelmRelease', 'UpgradeSucceeded', true],
  ['HelmRelease', 'TestSucceeded', false],
  ['HelmRelease', 'RollbackSucceeded', false],
  ['HelmRelease', 'UninstallSucceeded', false],
  ['HelmRelease', 'DriftCorrected', false],
  ['GitRepository', 'NewArtifact', true],
  ['GitRepository', 'Succeeded', true],
  ['HelmChart', 'ChartPullSucceeded', true],
  ['HelmChart', 'ChartPackageSucceeded', true],
  ['ImageUpdateAutomation', 'Succeeded', true],
  ['Canary', 'PromotionSucceeded', true],
  ['Terraform', 'TestSucceeded', false],
  ['Job', 'BackoffLimitExceeded', false],
])('%s %s is a good end: %s', (kind, reason, isEnd) => {
  expect(of(kind, reason)).toBe(isEnd)
})

it('is none of another severity', () => {
  expect(of('Kustomization', 'ReconciliationSucceeded', 'error')).toBe(false)
  expect(of('Kustomization', 'ReconciliationSucceeded', 'trace')).toBe(false)
})

it('is any end that the shipper found, and no failure', () => {
  expect(of('HelmRelease', 'ObjectDeleted', 'info', SHIPPER_REPORTER)).toBe(true)
  expect(of('HelmRelease', 'TestSucceeded', 'info', SHIPPER_REPORTER)).toBe(true)
  expect(of('HelmRelease', 'UpgradeFailed', 'error', SHIPPER_REPORTER)).toBe(false)
  const found = (reason: string, reportingController: string) =>
    isFoundEnd({ severity: 'info', reason, reportingController })
  expect(found('ReconciliationSucceeded', 'kustomize-controller')).toBe(false)
  expect(found('ObjectDeleted', 'kustomize-controller')).toBe(false)
  expect(found('ObjectDeleted', 'flux-relay')).toBe(true)
  expect(found('AlertReady', 'flux-relay')).toBe(false)
})
