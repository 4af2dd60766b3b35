import type { ZodType } from 'zod'

/** What a body of JSON says; undefined when it is no JSON, or has another form. */
export function parseJson<T>(schema: ZodType<T>, body: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
