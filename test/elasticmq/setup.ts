import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { TestProject } from 'vitest/node'
import { findElasticMq } from './program.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where ElasticMQ takes requests; empty when there is none. */
    readonly elasticMq: string
  }
}

const START_WITHIN_MS = 120_000

/** Starts ElasticMQ on a free port, or says in a line why not. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = findElasticMq()
  if ('missing' in found) {
    process.stdout.write(`test:elasticmq: skipped, since there is ${found.missing}\n`)
    project.provide('elasticMq', '')
    return undefined
  }
  const options = [
    'rest-sqs.bind-hostname=127.0.0.1',
    'rest-sqs.bind-port=0',
    'rest-stats.enabled=false',
  ]
  const args = [...options.map((option) => `-D${option}`), '-cp', found.classPath]
  const server = spawn(found.java, [...args, 'org.elasticmq.server.Main'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(server, 'close')
  const stop = async () => {
    server.kill()
    await ended
  }
  try {
    project.provide('elasticMq', await addressOf(server))
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

/** The address of the server, once it takes requests. Rejects when it never does. */
async function addressOf(server: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let output = ''
  server.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output = (output + chunk).slice(-10_000)
    const [, address] = /bind address \/?(127\.0\.0\.1:\d+)/.exec(output) ?? []
    if (address !== undefined) resolve(`http://${address}`)
  })
  const fail = () => reject(new Error(`ElasticMQ does not run: ${output}`))
  server.once('close', fail)
  server.once('error', reject)
  const timer = setTimeout(fail, START_WITHIN_MS)
  return promise.finally(() => clearTimeout(timer))
}
