import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from '../temporary-directory.ts'
import type { TestCluster } from './cluster.ts'

/** What a controller tells its recorder. */
export interface Report {
  /** Of `core/v1`, or of `events.k8s.io`, which takes no annotations. */
  readonly recorder: 'core' | 'events'
  readonly object: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly type: string
  readonly reason: string
  readonly message: string
}

/** A program with the recorders of client-go; ended when the test is over. */
export function startEventRecorder(program: string, cluster: TestCluster) {
  const { url, tokenFile, ca } = cluster
  const caFile = join(temporaryDirectory(), 'ca.pem')
  writeFileSync(caFile, ca ?? '')
  const running = spawn(program, {
    env: { KUBE_API: url, TOKEN_FILE: tokenFile, CA_FILE: caFile },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: running.stdout })
  onTestFinished(async () => {
    const ended = once(running, 'exit')
    running.kill()
    await ended
  })
  return {
    /** Resolves once the recorder has it; it writes by itself. */
    async report(report: Report): Promise<void> {
      const recorded = once(lines, 'line')
      running.stdin.write(`${JSON.stringify(report)}\n`)
      await recorded
    },
  }
}
