import { relative, sep } from 'node:path'
import type { Vite } from 'vitest/node'
import { type Mutant, mutated } from './mutants.ts'
import { functionsOf, isNode, parse } from './syntax.ts'

/** What becomes of the sources on their way to the tests. Files on the disk stay as they are. */
export interface Rewriting {
  /** The fault that the next run has. */
  mutant?: Mutant | undefined
  /** Whether functions tell when they are called. Else nothing is changed but by the mutant. */
  readonly isTracing: (file: string) => boolean
}

/** Gives the tests sources with the fault in them, or sources that tell what is called. */
export function rewriting(root: string, state: Rewriting): Vite.Plugin {
  const nameOf = (id: string) => relative(root, id.split('?')[0] ?? '').replaceAll(sep, '/')
  return {
    name: 'mutation',
    enforce: 'pre',
    // Vitest keeps what it transformed on the disk, by the source: a fault must not be kept.
    configureVitest({ defineCacheKeyGenerator }) {
      defineCacheKeyGenerator(({ id }) => {
        if (state.mutant?.file === nameOf(id)) return false
        return state.isTracing(nameOf(id)) ? 'tracing' : undefined
      })
    },
    transform(code, id) {
      const file = nameOf(id)
      if (state.mutant?.file === file) return { code: mutated(code, state.mutant), map: null }
      return state.isTracing(file) ? { code: traced(file, code), map: null } : undefined
    },
  }
}

/** Each function tells its file and number when it is called: `trace.ts` listens. */
export function traced(file: string, source: string): string {
  const insertions = functionsOf(parse(source)).flatMap(({ body }, index) => {
    if (!isNode(body)) return []
    const tell = `globalThis.called?.(${JSON.stringify(file)},${index})`
    return body.type === 'BlockStatement'
      ? [{ at: body.start + 1, text: `${tell};` }]
      : [
          { at: body.start, text: `(${tell},` },
          { at: body.end, text: ')' },
        ]
  })
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), source)
}
