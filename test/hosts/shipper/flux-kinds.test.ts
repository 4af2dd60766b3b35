import { describe, expect, it } from 'vitest'
import { readProjectFile } from '../../../docs/generate/project.ts'
import { createEventWatchObserver } from '../../../hosts/shipper/observers/event-watch.ts'
import { FLUX_KINDS } from '../../../relay/model/reporting-kinds.ts'

/** What is logged of kinds that a cluster does not have. */
function warnedOf(kinds: Iterable<string>): readonly unknown[] {
  const warned: unknown[] = []
  const log = { warn: ({ kind }: { readonly kind: string }) => void warned.push(kind) }
  const observer = createEventWatchObserver(log as never, {} as never)
  for (const kind of kinds) observer.unknownKind(kind)
  return warned
}

describe('the kinds that are watched unless a deployment says otherwise', () => {
  const [, kinds = ''] =
    /WATCHED_KINDS=(\S+)/.exec(readProjectFile('deploy/base/kustomization.yaml')) ?? []

  it('are those of Flux', () => {
    expect(kinds.split(',')).toEqual([...FLUX_KINDS])
  })

  it('are warned of in no cluster, and a mistake in writing is', () => {
    expect(warnedOf(kinds.split(','))).toEqual([])
    expect(warnedOf(['Kustomisation', 'Pod'])).toEqual(['Kustomisation', 'Pod'])
  })
})
