import type { ZodType } from 'zod'
import { jsonValue } from '../../model/json-value.ts'

/** The value of a JSON body; undefined when it is not JSON, or has another form. */
export function parseJsonAnswer<T>(schema: ZodType<T>, body: string): T | undefined {
  const value = jsonValue(body)
  return value === undefined ? undefined : schema.safeParse(value).data
}
