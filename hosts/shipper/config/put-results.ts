import type { ObjectReadiness } from '../../../relay/model/config.ts'
import type { ConfigKind } from './config-watch.ts'
import type { ViewedObject } from './object-view.ts'

/** An object that was put, and what the relay made of it. */
export interface PutResult {
  readonly kind: ConfigKind
  /** The object as it was when it was put. */
  readonly object: ViewedObject['object']
  readonly readiness: ObjectReadiness
}

/** The objects of a set. */
export type TakenSet = Readonly<Record<ConfigKind, readonly ViewedObject[]>>

/** What the relay answered for each object of a set. */
export function resultsOf(taken: TakenSet, said: readonly ObjectReadiness[]): readonly PutResult[] {
  const byName = new Map(said.map((readiness) => [nameOf(readiness.kind, readiness), readiness]))
  return (['Provider', 'Alert', 'Silence'] as const).flatMap((kind) =>
    taken[kind].flatMap(({ object }) => {
      const readiness = byName.get(nameOf(kind, object.metadata))
      return readiness === undefined ? [] : [{ kind, object, readiness }]
    }),
  )
}

function nameOf(
  kind: string,
  { namespace = '', name }: { readonly namespace?: string; readonly name: string },
): string {
  return `${kind}/${namespace}/${name}`
}
