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
  /** What is wrong with each entry that did not compile, and what follows: such entries are ignored. */
  readonly problems: readonly string[]
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
  const compileList = (name: 'inclusionList' | 'exclusionList') =>
    alert.spec[name].flatMap((source, index): readonly Rule[] => {
      const field = `${name}[${index}]`
      const pattern = compilePattern(source)
      if (!('error' in pattern)) return [{ field, pattern }]
      problems.push(
        `spec.${field} is ignored, so ${CONSEQUENCE[name]}; it is no RE2 pattern: ${pattern.error}`,
      )
      return []
    })
  const inclusion = compileList('inclusionList')
  const exclusion = compileList('exclusionList')
  return { alert, inclusion, exclusion, problems }
}
