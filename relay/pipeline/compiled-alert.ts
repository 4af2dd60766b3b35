import type { Alert, EventSource } from '../model/alert.ts'
import { compilePattern, type Pattern } from '../model/pattern.ts'

/** An entry of an inclusionList or exclusionList that compiled. */
export interface Rule {
  /** Where it stands, such as `exclusionList[1]`. */
  readonly field: string
  readonly pattern: Pattern
}

export interface CompiledAlert {
  readonly alert: Alert
  readonly inclusion: readonly Rule[]
  readonly exclusion: readonly Rule[]
  /** What is wrong with each entry that is no pattern, and what follows: Flux ignores such entries. */
  readonly problems: readonly string[]
  /** The same of each entry that Flux takes and that costs too much here: the Alert is not ready. */
  readonly refusals: readonly string[]
}

/** One event source of one Alert. */
export interface Source {
  readonly alert: CompiledAlert
  readonly source: EventSource
}

/** The namespace whose objects a source is for. */
export function sourceNamespace({ alert, source }: Source): string {
  return source.namespace ?? alert.alert.metadata.namespace
}

const CONSEQUENCE = {
  inclusionList: 'what only it lets through is not sent',
  exclusionList: 'what it should keep back is sent',
} as const

export function compileAlert(alert: Alert): CompiledAlert {
  const problems: string[] = []
  const refusals: string[] = []
  const compileList = (name: 'inclusionList' | 'exclusionList') =>
    alert.spec[name].flatMap((source, index): readonly Rule[] => {
      const field = `${name}[${index}]`
      const pattern = compilePattern(source)
      if (!('error' in pattern)) return [{ field, pattern }]
      const effect = `so ${CONSEQUENCE[name]}`
      if (pattern.isTooCostly) {
        refusals.push(`spec.${field} is refused, ${effect}; it costs too much: ${pattern.error}`)
      } else {
        problems.push(`spec.${field} is ignored, ${effect}; it is no RE2 pattern: ${pattern.error}`)
      }
      return []
    })
  const inclusion = compileList('inclusionList')
  const exclusion = compileList('exclusionList')
  return { alert, inclusion, exclusion, problems, refusals }
}
