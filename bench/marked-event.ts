/** What tells an event of a benchmark from every other one when it arrives. */
export interface Mark {
  /** Which load it is part of: letters, digits and dashes. */
  readonly stream: string
  readonly index: number
  /** When its post began, in microseconds of `now`. */
  readonly postedAt: number
}

/** The kind and the number of the objects that the events of a load are about. */
export interface MarkedObjects {
  readonly kind: string
  readonly objects: number
}

const MARK = /event (\d+) of the load ([\w-]+), posted at (\d+) us/

/** Microseconds of a clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** An event as kustomize-controller posts it. The events of a load differ, so none repeats another. */
export function markedEvent({ stream, index, postedAt }: Mark, { kind, objects }: MarkedObjects) {
  const object = index % objects
  const group = kind === 'HelmRelease' ? 'helm.toolkit.fluxcd.io' : 'kustomize.toolkit.fluxcd.io'
  return {
    involvedObject: {
      kind,
      namespace: 'bench',
      name: `app-${object}`,
      uid: `3f7a1c0e-8c39-4c8e-a9b5-${String(object).padStart(12, '0')}`,
      apiVersion: `${group}/v1`,
      resourceVersion: String(index),
    },
    severity: 'info',
    timestamp: new Date().toISOString(),
    message: `Reconciliation finished, event ${index} of the load ${stream}, posted at ${postedAt} us`,
    reason: 'ReconciliationSucceeded',
    metadata: { [`${group}/revision`]: 'main@sha1:3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b' },
    reportingController: 'kustomize-controller',
    reportingInstance: 'kustomize-controller-7d9f8b6c5-x2x4z',
  }
}

/** Finds the mark in the body of a request; undefined when there is none. */
export function readMark(body: string): Mark | undefined {
  const [, index, stream, postedAt] = MARK.exec(body) ?? []
  if (stream === undefined) return undefined
  return { stream, index: Number(index), postedAt: Number(postedAt) }
}
