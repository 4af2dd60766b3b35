import { flushCompileCache } from 'node:module'
import { afterAll } from 'vitest'

/** To keep it takes up to 100 ms, and most files compile nothing that is new. */
const KEPT_EVERY_MS = 10_000

/** What is known to all test files of this process. */
const ofProcess: { keptCompiledAt?: number } = globalThis as object

// Vitest writes what a worker compiled when the worker ends, which for most is the end of the run. Other
// workers compile less when they find it earlier: aws-cdk-lib alone takes some seconds.
afterAll(() => {
  const now = performance.now()
  if (now - (ofProcess.keptCompiledAt ?? -KEPT_EVERY_MS) < KEPT_EVERY_MS) return
  ofProcess.keptCompiledAt = now
  flushCompileCache()
})
