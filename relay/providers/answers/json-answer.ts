import type { ZodType } from 'zod'
import { jsonValue } from '../../model/json-value.ts'

/** What a body of JSON says; undefined when it is no JSON, or has another form. */
export function parseJsonAnswer<T>(schema: ZodType<T>, body: string): T | undefined {
  const value = jsonValue(body)
  return value === undefined ? undefined : schema.safeParse(value).data
}
