import { describe, expect, it } from 'vitest'
import { readKubernetesEvent } from '../../../hosts/shipper/sources/kubernetes-event.ts'
import { eventManifest } from '../../support/kubernetes/event-manifests.ts'
import { START } from '../../support/manual-clock.ts'

const METADATA = { name: 'a', namespace: 'apps', uid: 'u', resourceVersion: '1' }
const POD = { kind: 'Pod', namespace: 'apps', name: 'web' }

describe('a Kubernetes Event', () => {
  it.each([
    ['nothing else', {}, 1],
    ['a count', { count: 7 }, 7],
    ['a count of 0', { count: 0 }, 1],
    ['the count of a series', { count: null, series: { count: 4 } }, 4],
    ['two counts', { count: 2, series: { count: 4 } }, 4],
    ['a count that is no number', { count: '7' }, 1],
    ['a series that is none', { count: 3, series: 'x' }, 3],
  ])('with %s', (_, fields, count) => {
    expect(read(fields)).toMatchObject({ count })
  })

  it.each([
    ['the end of a series', { series: { lastObservedTime: time(3) }, eventTime: time(1) }, 3],
    ['the last time', { firstTimestamp: time(1), lastTimestamp: time(2), eventTime: null }, 2],
    ['its own time', { eventTime: time(4), firstTimestamp: null, lastTimestamp: null }, 4],
    ['the latest, if they disagree', { lastTimestamp: time(1), eventTime: time(5) }, 5],
    ['its creation', { lastTimestamp: '0001-99-99', metadata: created(6) }, 6],
    ['its writing, before its creation', { lastTimestamp: time(5), metadata: created(6) }, 5],
    ['its arrival, if nothing is a time', { lastTimestamp: 7, eventTime: 'now' }, 60],
  ])('is of the time of %s', (_, fields, second) => {
    expect(read(fields)).toMatchObject({
      at: START + second * 1_000,
      event: { timestamp: time(second) },
    })
  })

  it.each([
    [{ reportingComponent: 'a', source: { component: 'b', host: 'c' } }, 'a', 'c'],
    [{ reportingComponent: '', reportingInstance: 'd', source: { component: 'b' } }, 'b', 'd'],
    [{ source: null }, '', ''],
  ])('says who reports it: %j', (fields, reportingController, reportingInstance) => {
    expect(read(fields)).toMatchObject({ event: { reportingController, reportingInstance } })
  })

  it.each([
    [{}, false],
    [{ count: 2 }, true],
    [{ message: '(combined from similar events): x' }, true],
    [{ series: { count: 2 }, eventTime: time(1) }, true],
    [{ eventTime: time(1) }, true],
    [{ eventTime: time(1), metadata: { ...METADATA, annotations: { 'a/revision': 'b' } } }, false],
  ])('has lost its annotations, or has those of another occurrence: %j', (fields, isForgetful) => {
    expect(read(fields)).toMatchObject({ isForgetful })
  })

  it('needs no more than an object', () => {
    expect(
      read({ message: undefined, type: 7, metadata: { ...METADATA, annotations: [1] } }),
    ).toEqual({
      count: 1,
      at: START + 60_000,
      reporter: '',
      isForgetful: false,
      event: {
        involvedObject: { ...POD, uid: '', apiVersion: '', resourceVersion: '', fieldPath: '' },
        severity: 'info',
        timestamp: time(60),
        message: '',
        reason: '',
        metadata: {},
        reportingController: '',
        reportingInstance: '',
      },
    })
  })

  it.each([
    [undefined, 'involvedObject: is missing, expected object'],
    [{ ...POD, kind: '' }, 'involvedObject.kind: '],
    [{ ...POD, name: undefined }, 'involvedObject.name: '],
    [{ ...POD, name: 'n'.repeat(254) }, 'involvedObject.name: '],
  ])('about %j is none', (involvedObject, problem) => {
    expect(read({ involvedObject })).toEqual({ problem: expect.stringContaining(problem) })
  })

  it('is no larger than what it has to say', () => {
    const x = '\u0001'.repeat(1_500_000)
    const involvedObject = { ...POD, uid: x, fieldPath: x }
    const result = read({
      ...eventManifest('a'),
      metadata: METADATA,
      message: x,
      reason: x,
      involvedObject,
    })
    expect(JSON.stringify(result).length).toBeLessThan(300_000)
  })
})

function read(fields: object) {
  return readKubernetesEvent({ metadata: METADATA, involvedObject: POD, ...fields }, START + 60_000)
}

function time(second: number): string {
  return new Date(START + second * 1_000).toISOString()
}

function created(second: number) {
  return { ...METADATA, creationTimestamp: time(second) }
}
