import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { jsonLines } from '../reference-program.ts'

/** What an API server keeps of a manifest; what the relay reads of it. */
export const StoredObject = z.object({
  metadata: z.object({ labels: z.unknown().optional(), annotations: z.unknown().optional() }),
  spec: z.unknown(),
})
export type StoredObject = z.infer<typeof StoredObject>

/** What a real API server with Flux's definitions made of a manifest, as kubectl apply sends it. */
export const StoredRow = z.object({
  yaml: z.string(),
  stored: StoredObject.optional(),
  /** The HTTP status of its refusal. */
  refused: z.number().optional(),
})
export type StoredRow = z.infer<typeof StoredRow>

/** The table that `api-server.test.ts` checks. */
export function readStoredTable(): readonly StoredRow[] {
  const text = readFileSync(join(import.meta.dirname, 'stored.jsonl'), 'utf8')
  return jsonLines(text).map((line) => StoredRow.parse(line))
}
