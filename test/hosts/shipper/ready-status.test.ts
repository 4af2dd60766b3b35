import { describe, expect, it } from 'vitest'
import { isBefore, stateOfEvent } from '../../../hosts/shipper/sources/event-state.ts'
import { saidKey } from '../../../hosts/shipper/sources/flux-object.ts'
import { readStatus } from '../../../hosts/shipper/sources/ready-status.ts'
import { STATUS_KINDS } from '../../../hosts/shipper/sources/status-kinds.ts'
import { START } from '../../support/manual-clock.ts'

const OLD = 'main@sha1:5972a5ba87a8ba44314281d8bacafc23fd8f0a2c'
const NEW = 'main@sha1:0877207cfb0b61daab86593d8fb60034e281c8c9'
const DIGEST = 'latest@sha256:c11b2abdd0434bf118069d422085b8fca1838778eb68471a4a10389ee7902e50'

const RELEASE = {
  lastAttemptedRevision: '6.5.2+0877207cfb0b',
  lastAttemptedRevisionDigest: 'sha256:aa',
  history: [
    { chartVersion: '6.5.1+5972a5ba87a8', appVersion: '6.5.0', ociDigest: 'sha256:bb' },
    { chartVersion: '6.5.0' },
  ],
}
const APPLIED = { lastAppliedRevision: OLD, lastAttemptedRevision: NEW }

describe('the revision that a condition Ready is about', () => {
  it.each([
    ['Kustomization', 'True', 'ReconciliationSucceeded', APPLIED, OLD],
    ['Kustomization', 'False', 'BuildFailed', APPLIED, NEW],
    ['Kustomization', 'False', 'HealthCheckFailed', APPLIED, NEW],
    ['Kustomization', 'False', 'PruneFailed', APPLIED, NEW],
    ['Kustomization', 'False', 'ReconciliationFailed', APPLIED, NEW],
    // The attempt failed before it was noted, or was none.
    ['Kustomization', 'False', 'ArtifactFailed', APPLIED, undefined],
    ['Kustomization', 'False', 'DependencyNotReady', APPLIED, undefined],
    ['Kustomization', 'True', 'ReconciliationSucceeded', {}, undefined],
    ['HelmRelease', 'True', 'UpgradeSucceeded', RELEASE, '6.5.1+5972a5ba87a8'],
    ['HelmRelease', 'True', 'TestSucceeded', RELEASE, '6.5.1+5972a5ba87a8'],
    ['HelmRelease', 'False', 'RollbackSucceeded', RELEASE, '6.5.1+5972a5ba87a8'],
    ['HelmRelease', 'False', 'UpgradeFailed', RELEASE, '6.5.2+0877207cfb0b'],
    ['HelmRelease', 'False', 'InstallFailed', RELEASE, '6.5.2+0877207cfb0b'],
    ['HelmRelease', 'False', 'RollbackFailed', RELEASE, undefined],
    ['HelmRelease', 'True', 'UpgradeSucceeded', { history: [] }, undefined],
    ['GitRepository', 'True', 'Succeeded', { artifact: { revision: NEW } }, NEW],
    ['HelmChart', 'True', 'ChartPullSucceeded', { artifact: { revision: '1.0.0' } }, '1.0.0'],
    ['OCIRepository', 'True', 'Succeeded', {}, undefined],
  ])('of a %s that is %s by %s', (kind, status, reason, fields, revision) => {
    const { metadata, group } = read(kind, { status, reason }, fields)
    expect(metadata?.[`${group}/revision`]).toBe(revision)
    expect(metadata === undefined).toBe(revision === undefined)
  })

  it('is none where events of the kind name none', () => {
    expect(
      read('GitRepository', { status: 'False', reason: 'GitOperationFailed' }).metadata,
    ).toEqual({})
    expect(read('HelmRelease', { status: 'False', reason: 'ValuesError' }).metadata).toEqual({})
  })

  it('is that of the attempt, with its origin', () => {
    const history = [{ metadata: { revision: DIGEST, originRevision: NEW } }]
    const status = { ...APPLIED, history }
    const failed = read(
      'Kustomization',
      { status: 'False', reason: 'ArtifactFailed' },
      status,
      DIGEST,
    )
    expect(failed.metadata).toEqual({
      'kustomize.toolkit.fluxcd.io/revision': DIGEST,
      'kustomize.toolkit.fluxcd.io/originRevision': NEW,
    })
  })

  it.each([
    [`Fetching manifests for revision ${NEW} with a timeout of 1m0s`, NEW],
    [`Building manifests for revision ${DIGEST} with a timeout of 30s`, DIGEST],
    ['Fulfilling prerequisites', undefined],
    [`${'x'.repeat(100_000)}@sha1:1`, undefined],
  ])('is named while it is worked on: %.60s', (message, attempt) => {
    const conditions = [
      { type: 'Reconciling', status: 'True', message },
      { type: 'Ready', status: 'Unknown' },
    ]
    const read = readStatus(statusKind('Kustomization'), object({ conditions }), undefined)
    expect(read).toEqual({ phase: 'working', ...(attempt !== undefined && { attempt }) })
  })

  it.each([{}, { conditions: 'x' }, { conditions: [null, { type: 'Ready', status: 'True' }] }])(
    'is not read from %j',
    (status) => {
      const read = readStatus(statusKind('Kustomization'), object(status), undefined)
      expect(read).toEqual({ phase: 'none' })
    },
  )
})

it('says the same as the Event that has the logs of Helm after it', () => {
  const message = 'Helm install failed for release a/b with chart c@1: no'
  const event = `${message}\n\nLast Helm logs:\n\n2026-11-28T04:05:35Z: creating`
  expect(saidKey('InstallFailed', event)).toBe(saidKey('InstallFailed', `${message}\n`))
  expect(saidKey('InstallFailed', event)).not.toBe(saidKey('UpgradeFailed', message))
  expect(saidKey('InstallFailed', event)).not.toBe(saidKey('InstallFailed', `${message}!`))
})

describe('the state that an event tells', () => {
  const event = {
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      name: 'a',
    },
    severity: 'error',
    reason: 'BuildFailed',
    message: 'x',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': NEW },
  }
  it.each([
    ['a message', { message: 'y' }, true],
    ['a revision', { metadata: { 'kustomize.toolkit.fluxcd.io/revision': OLD } }, false],
    ['a reason', { reason: 'HealthCheckFailed' }, false],
    ['a commit', { metadata: { ...event.metadata, 'event.toolkit.fluxcd.io/commit': 'c' } }, false],
  ])('with another %s', (_, changes, isSame) => {
    const states = [event, { ...event, ...changes }].map((it) => stateOfEvent(it)?.state)
    expect(states[0] === states[1]).toBe(isSame)
  })

  it.each([
    { reason: 'Progressing', severity: 'info' },
    { reason: 'BuildFailed', severity: 'info' },
    { metadata: {} },
    { metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'unknown' } },
    { involvedObject: { kind: 'Kustomization', name: 'a' } },
    { involvedObject: undefined },
  ])('is none with %j', (changes) => {
    expect(stateOfEvent({ ...event, ...changes })).toBeUndefined()
  })
})

function read(
  kind: string,
  ready: { readonly status: string; readonly reason: string },
  status: object = {},
  attempt?: string,
) {
  const own = statusKind(kind)
  const condition = { type: 'Ready', message: '', lastTransitionTime: '2026-11-20T09:14:03Z' }
  const found = readStatus(
    own,
    object({ ...status, conditions: [{ ...condition, ...ready }] }),
    attempt,
  )
  if (found.phase !== 'ready') throw new Error(`it is ${found.phase}`)
  return { metadata: found.ready.metadata, group: own.group }
}

function statusKind(kind: string) {
  const found = STATUS_KINDS[kind]
  if (!found) throw new Error(`no such kind: ${kind}`)
  return found
}

function object(status: unknown) {
  return { metadata: { name: 'a', namespace: 'b', uid: 'u', resourceVersion: '1' }, status }
}

it.each([
  ['a second earlier', START - 1_000, START + 900, true],
  ['in the same second', START, START + 900, false],
  ['at an unknown time', 0, START, false],
  ['earlier than one from before the clock was set back', START, START + 3_600_000, false],
])('a state is before the one that was told: %s', (_, at, toldAt, expected) => {
  expect(isBefore(at, { state: 'works', isError: false, at: toldAt }, START)).toBe(expected)
})
