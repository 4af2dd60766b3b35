// Runs `test:aws` on moto's server (PyPI), on loopback, in a virtual environment of its own.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { installFromPyPi } from './python-environment.ts'

const MOTO = 'moto[server]==5.2.5'

/** Where moto is not like AWS: tests, and what it does otherwise. */
const DEVIATIONS = [
  // It forgets a de-duplication id with its message; SQS knows it for five minutes.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
  'knows the id of an event that was acknowledged',
  // It writes a secret that is scheduled for deletion; Secrets Manager refuses.
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
  'says what to do about one that is scheduled for deletion',
  'reject when they are scheduled for deletion',
  'takes back the deletion of one that is needed again',
] as const

/** Ends what is running when this is told to end. */
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

const START_WITHIN_MS = 30_000

/** The address of the server, once it takes requests. Rejects when it never does. */
async function addressOf(server: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let [output, isReady] = ['', false]
  // It logs every request, and waits when nobody reads that.
  server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (isReady) return
    output += chunk
    const [, address] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
    if (address === undefined) return
    isReady = true
    resolve(address)
  })
  const fail = () => reject(new Error(`moto does not run: ${output}`))
  server.once('close', fail)
  const timer = setTimeout(fail, START_WITHIN_MS)
  return promise.finally(() => clearTimeout(timer))
}

/** The exit code of the suites on this endpoint, with nothing else of AWS in their environment. */
async function runSuites(endpoint: string): Promise<number> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
  const env = {
    ...Object.fromEntries(others),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  const names = `--testNamePattern=^(?!.*(?:${DEVIATIONS.join('|')}))`
  const args = [join(import.meta.dirname, 'run.ts'), names, ...process.argv.slice(2)]
  const suites = spawn(process.execPath, args, { env, stdio: 'inherit', signal: stop.signal })
  const [code] = await once(suites, 'close')
  return typeof code === 'number' ? code : 1
}

async function runOnMoto(folder: string): Promise<number> {
  const problem = installFromPyPi(folder, [MOTO])
  if (problem !== undefined) {
    process.stdout.write(`test:moto: skipped, since moto cannot be installed: ${problem}\n`)
    return 0
  }
  const program = join(import.meta.dirname, 'moto-server.py')
  const server = spawn(join(folder, 'bin', 'python3'), [program, '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: stop.signal,
  })
  const ended = once(server, 'close').catch(() => undefined)
  try {
    return await runSuites(await addressOf(server))
  } finally {
    server.kill()
    await ended
  }
}

const folder = mkdtempSync(join(tmpdir(), 'flux-relay-moto-'))
try {
  process.exitCode = await runOnMoto(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
