import { setFlagsFromString } from 'node:v8'

// The room for young objects that vitest.config.ts gives is that of the workers of tests alone, which have it by
// now. A thread that a test starts has the limit that its program gives it: with the workers' room on top, one
// that reaches its limit would end the whole process.
setFlagsFromString('--max-semi-space-size=0')
setFlagsFromString('--min-semi-space-size=0')
