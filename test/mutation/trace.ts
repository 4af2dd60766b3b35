import { appendFileSync } from 'node:fs'
import { afterAll, expect } from 'vitest'

declare global {
  /** Called by functions of sources that tell it. */
  var called: ((file: string, index: number) => void) | undefined
}

// Writes which functions were called in the course of a test file, as a line of JSON.
const calls = new Set<string>()
globalThis.called = (file, index) => calls.add(`${file}:${index}`)

afterAll(() => {
  const { TRACE_FILE = '' } = process.env
  const test = expect.getState().testPath
  appendFileSync(TRACE_FILE, `${JSON.stringify({ test, calls: [...calls] })}\n`)
})
