// Runs what talks to Kubernetes against a real kube-apiserver and etcd, where there are these.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { buildEventRecorder, EVENT_RECORDER_VARIABLE } from './event-recorder.ts'
import { CACHE_FOLDER, PROGRAMS } from './programs.ts'

/** Of envtest: https://book.kubebuilder.io/reference/envtest */
const VARIABLE = 'KUBEBUILDER_ASSETS'

const given = process.env[VARIABLE] ?? ''
const folder = given === '' ? CACHE_FOLDER : given
const missing = PROGRAMS.filter((program) => !existsSync(join(folder, program)))

if (missing.length === 0) {
  process.env[VARIABLE] = folder
  try {
    process.env[EVENT_RECORDER_VARIABLE] ??= buildEventRecorder(CACHE_FOLDER)
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    process.stdout.write(`test:kube: without client-go's recorders, since ${reason}\n`)
  }
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
  await startVitest('test', filter, { ...options, config: 'vitest.kube.config.ts' })
} else if (given === '') {
  process.stdout.write(
    `test:kube: skipped, since ${VARIABLE} names no folder, and npm run kube:assets has made none\n`,
  )
} else {
  process.stderr.write(`test:kube: ${VARIABLE} is ${given}, which has no ${missing.join(', ')}\n`)
  process.exitCode = 1
}
