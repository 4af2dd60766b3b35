import { parseJson } from '../../../relay/api/json.ts'
import { ApiError } from './api-error.ts'

/** The longest line. An object may take 1.5 MiB in etcd, and somewhat more as JSON. */
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024

/**
 * The parsed lines of a body with one JSON text per line; those that came in one piece are yielded
 * together. Throws `ApiError` for a line that is not JSON.
 */
export async function* parsedLines(
  body: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<readonly unknown[], void> {
  const decoder = new TextDecoder()
  /** The pieces of a line whose end has not come yet. */
  let parts: string[] = []
  let length = 0
  for await (const chunk of body) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n')
    parts.push(first)
    length += first.length
    if (length > MAX_LINE_CHARACTERS) throw new ApiError(`${where}: a line is too long`)
    if (others.length === 0) continue
    const last = others.pop() ?? ''
    const lines = [parts.join(''), ...others].filter((line) => line !== '')
    parts = [last]
    length = last.length
    if (lines.length > 0) yield lines.map((line) => parsed(line, where))
  }
}

function parsed(line: string, where: string): unknown {
  const result = parseJson(line)
  if ('value' in result) return result.value
  throw new ApiError(`${where}: a line is not JSON`)
}
