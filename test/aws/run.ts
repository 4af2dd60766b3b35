// Runs the suites of the AWS host on services that are there already: any endpoint, or an account.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const SUITES = ['test/adapters/aws', 'test/functions', 'test/contract/aws-streams.test.ts']

/** Of the random fault test: each of its thousand requests takes longer here. */
const FAULT_SEEDS = '1'

/** AWS itself takes ten seconds to make a table. Milliseconds. */
const TIMEOUT_MS = 120_000

const ACCOUNT_FLAG = '--account'

const USAGE =
  'Set AWS_REGION, credentials, and AWS_ENDPOINT_URL; for an AWS account itself pass -- --account instead.'

/** What is wrong with the call; undefined when it is fine. */
function mistakeIn(isAccount: boolean): string | undefined {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = process.env
  if (isAccount && endpoint !== '')
    return `AWS_ENDPOINT_URL is ${endpoint}, which is no AWS account`
  if (!isAccount && endpoint === '') return 'AWS_ENDPOINT_URL is not set'
  return region === '' ? 'AWS_REGION is not set' : undefined
}

/** The suites' exit code. */
async function runSuites(
  services: 'endpoint' | 'account',
  vitestArguments: readonly string[],
): Promise<number> {
  const timeouts = [`--testTimeout=${TIMEOUT_MS}`, `--hookTimeout=${TIMEOUT_MS}`]
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...SUITES, ...timeouts, ...vitestArguments]
  const env = {
    FLUX_RELAY_FAULT_SEEDS: FAULT_SEEDS,
    ...process.env,
    FLUX_RELAY_TEST_SERVICES: services,
  }
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' })
  const [code] = await once(child, 'close')
  return typeof code === 'number' ? code : 1
}

const given = process.argv.slice(2)
const isAccount = given.includes(ACCOUNT_FLAG)
const mistake = mistakeIn(isAccount)
if (mistake === undefined) {
  const vitestArguments = given.filter((argument) => argument !== ACCOUNT_FLAG)
  process.exitCode = await runSuites(isAccount ? 'account' : 'endpoint', vitestArguments)
} else {
  process.stderr.write(`test:aws: ${mistake}. ${USAGE}\n`)
  process.exitCode = 2
}
