import { flushCompileCache } from 'node:module'
import { afterAll } from 'vitest'

// Vitest writes what a worker compiled when the worker ends, which for most is the end of the run. Other
// workers compile less when they find it earlier: aws-cdk-lib alone takes some seconds.
afterAll(() => flushCompileCache())
