import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { UsageError } from '../../client/usage-error.ts'
import { isJsonObject } from '../../relay/model/json-value.ts'

/** Reads a file of events; `-` is stdin. Rejects with `UsageError`. */
export async function readEventFile(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    throw new UsageError(`-e ${file}: ${(error as Error).message}`, 1)
  }
}

/** One event, and the labels of its object when they are known. */
export interface GivenEvent {
  readonly event: Readonly<Record<string, unknown>>
  readonly objectLabels?: Readonly<Record<string, string>>
}

/**
 * Reads a file of one event: the event alone, or `{event, objectLabels}`, as a cluster sends it. Rejects
 * with `UsageError`.
 */
export async function readOneEvent(file: string): Promise<GivenEvent> {
  const bytes = await readEventFile(file)
  const { parseJson } = await import('../../relay/api/json.ts')
  const parsed = parseJson(new TextDecoder().decode(bytes))
  if ('error' in parsed) throw new UsageError(`-e ${file}: it is ${parsed.error}`, 1)
  const { value } = parsed
  if (Array.isArray(value)) {
    throw new UsageError(`-e ${file}: expected one event, and it has an array of them`, 1)
  }
  if (!isJsonObject(value)) {
    throw new UsageError(`-e ${file}: expected an event, which is a JSON object`, 1)
  }
  if ('involvedObject' in value || !isJsonObject(value.event)) return { event: value }
  const { event, objectLabels } = value
  // What is wrong with the labels the relay says.
  return {
    event,
    ...(objectLabels !== undefined && { objectLabels: objectLabels as Record<string, string> }),
  }
}
