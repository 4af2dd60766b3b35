import { setTimeout as sleep } from 'node:timers/promises'
import { type EdgeRequest, headerOf } from '../../../relay/api/http.ts'

/** The rows that fill most windows. */
const FIRST_ROWS = 12

/** How long a browser has to show these before it gets the others to read. Milliseconds. */
const SHOW_MS = 100

const ROWS = '<tbody id="rows">'
const ROW_END = '</tr>\n'

/**
 * The HTML of a page for a browser that opens it, in two parts if it has a long list: what fills the window, and the
 * rest once that may be on the screen. A browser that has all of a page at once reads all of it before it shows
 * any. Undefined where the page goes out whole: a short one, or one that is asked for by a script or another program.
 */
export function firstScreenFirst(
  request: Pick<EdgeRequest, 'headers'>,
  page: string,
): ReadableStream<Uint8Array> | undefined {
  // https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Dest
  if (headerOf(request, 'sec-fetch-dest') !== 'document') return undefined
  const end = endOfFirstScreen(page)
  if (end === undefined) return undefined
  const parts = async function* () {
    yield page.slice(0, end)
    await sleep(SHOW_MS)
    yield page.slice(end)
  }
  return ReadableStream.from(parts()).pipeThrough(new TextEncoderStream())
}

/** Where the first rows of the list end; undefined without as many. No text of a value has a tag in it. */
function endOfFirstScreen(page: string): number | undefined {
  let at = page.indexOf(ROWS)
  for (let row = 0; at !== -1 && row < FIRST_ROWS; row += 1) {
    const end = page.indexOf(ROW_END, at)
    if (end === -1) return undefined
    at = end + ROW_END.length
  }
  return at === -1 || !page.includes(ROW_END, at) ? undefined : at
}
