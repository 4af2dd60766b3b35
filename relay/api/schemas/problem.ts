import { z } from 'zod'

/** One thing that was wrong: a field of the body, or an event of a batch by its index. */
const WrongThing = z.union([
  z.object({ field: z.string(), message: z.string() }),
  z.object({ index: z.int().nonnegative(), error: z.string() }),
])

/**
 * The document of a refused request: `application/problem+json`, RFC 9457. A relay without codes
 * sends no `type`, and one of a later version may send an unknown code. Clients treat both by their
 * status.
 */
export const ProblemDocument = z.object({
  /** A code of `PROBLEM_KINDS`, as a reference relative to the request. */
  type: z.string().optional(),
  /** The phrase of the HTTP status. */
  title: z.string().optional(),
  status: z.int().optional(),
  /** What was wrong and what was expected, for people. */
  detail: z.string(),
  errors: z.array(WrongThing).optional(),
  /** When the stored configuration was taken, RFC 3339; only for `stale-config`. */
  storedAt: z.string().optional(),
})
export type ProblemDocument = z.infer<typeof ProblemDocument>
