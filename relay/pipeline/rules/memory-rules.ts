import type { FieldError } from '../../model/errors.ts'
import { annotationField, type RuleAnnotation } from '../../model/rule-annotations.ts'
import { parseAgoMs } from '../../model/time.ts'
import type { ProviderFamily, ProviderType } from '../../providers/contract.ts'
import { RuleError } from './rule-error.ts'

/** What an Alert with the rule `only` is told: failures and recoveries, or these and new successes. */
export const ONLY = ['failures', 'changes'] as const
export type Only = (typeof ONLY)[number]

/** When a failure is told: at one of its events, the first being 1, or once it has lasted. */
export type After =
  | { readonly kind: 'times'; readonly count: number; readonly source: string }
  | { readonly kind: 'lasting'; readonly ms: number; readonly source: string }

/** When a failure that lasts is told again. */
export interface Remind {
  readonly ms: number
  readonly source: string
}

/** The rules that remember what an Alert was told about an object. */
export interface MemoryRules {
  readonly only?: Only
  readonly after?: After
  readonly remind?: Remind
  /** Whether an expression may ask for what was last told. */
  readonly usesLast?: true
}

/** Whether the rules follow the failures of objects, and not only what was told of these. */
export function followsFailures({ usesLast, ...rules }: MemoryRules): boolean {
  return usesLast === undefined || Object.keys(rules).length > 0
}

/** Compiles one rule of an object; undefined when the object has none, or one that is wrong. */
export type CompileRule = <T>(name: RuleAnnotation, compile: (source: string) => T) => T | undefined

type Rule = 'only' | 'after' | 'remind'

/** The rules that have a memory, the families that obey them, and how a person is told. */
const OBEYED_BY = {
  only: { families: ['chat'], said: 'it is for chat' },
  after: { families: ['chat', 'incident'], said: 'it is for chat and incident tools' },
  remind: { families: ['chat'], said: 'it is for chat' },
} as const satisfies Readonly<
  Record<Rule, { readonly families: readonly ProviderFamily[]; readonly said: string }>
>
const NAMES: readonly Rule[] = ['only', 'after', 'remind']

/**
 * Compiles the rules of an object that have a memory. One with a rule that is wrong has a memory too, so that the
 * events that the rule is about reach it and wait.
 */
export function compileMemory(
  annotations: Readonly<Record<string, string>>,
  compiled: CompileRule,
): MemoryRules | undefined {
  // A text that has the word alone costs no more than a look-up that nobody needed.
  const usesLast = Object.values(annotations).some((source) => /\blast\b/.test(source))
  const has = NAMES.some((name) => annotations[name] !== undefined)
  if (!has) return usesLast ? { usesLast } : undefined
  const only = compiled('only', parseOnly)
  const after = compiled('after', parseAfter)
  const remind = compiled('remind', parseRemind)
  return {
    ...(only && { only }),
    ...(after && { after }),
    ...(remind && { remind }),
    ...(usesLast && { usesLast }),
  }
}

/** The rules with a memory that a type does not obey: what it shows has to follow each event. */
export function memoryMisfits(
  memory: MemoryRules | undefined,
  { type, family }: ProviderType,
): readonly FieldError[] {
  return NAMES.flatMap((name) => {
    const { families, said } = OBEYED_BY[name]
    if (memory?.[name] === undefined || families.some((it) => it === family)) return []
    const message = `${said}, and ${type} is none; remove the annotation, or use when`
    return [{ field: annotationField(name), message }]
  })
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const DAY_MS = 24 * 60 * MINUTE_MS

/** For how long a failure that lasts is told again, in milliseconds. */
export const REMIND_FOR_MS = 7 * DAY_MS

const TIMES = /^(\d{1,3}) times$/
const MOST_TIMES = 100

/** Reads `failures` or `changes`. Throws `RuleError`. */
export function parseOnly(source: string): Only {
  const found = ONLY.find((name) => name === source.trim())
  if (found === undefined) {
    throw new RuleError(`expected ${ONLY.join(' or ')}; ${JSON.stringify(source)} is neither`)
  }
  return found
}

/** Reads `3 times` or `10m`. Throws `RuleError`. */
export function parseAfter(text: string): After {
  const source = text.trim()
  const [, times] = TIMES.exec(source) ?? []
  if (times === undefined) {
    const form = '3 times, or a duration with its unit such as 10m'
    return { kind: 'lasting', ms: durationOf(source, form, SECOND_MS, DAY_MS, '1s to 1d'), source }
  }
  const count = Number(times)
  if (count < 2 || count > MOST_TIMES) {
    throw new RuleError(`expected 2 to ${MOST_TIMES} times; ${source} is not among these`)
  }
  return { kind: 'times', count, source }
}

/** Reads `4h` or `1d`. Throws `RuleError`. */
export function parseRemind(text: string): Remind {
  const source = text.trim()
  const form = 'a duration with its unit such as 4h or 1d'
  return { ms: durationOf(source, form, MINUTE_MS, REMIND_FOR_MS, '1m to 7d'), source }
}

function durationOf(source: string, form: string, least: number, most: number, range: string) {
  const ms = parseAgoMs(source)
  if (ms === undefined) throw new RuleError(`expected ${form}; ${JSON.stringify(source)} is none`)
  if (ms < least || ms > most)
    throw new RuleError(`expected ${range}; ${source} is not among these`)
  return ms
}
