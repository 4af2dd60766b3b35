import { spawn } from 'node:child_process'
import { HANDLER } from '../../lib/bundle.ts'
import { type FunctionProcess, TIMEOUT_MS, watch } from '../support/function-process.ts'
import type { RuntimeApi } from '../support/runtime-api.ts'

/** Where `run.ts` has put the runtime client's module. */
export const CLIENT_VARIABLE = 'FLUX_RELAY_TEST_RIC'

/** What Lambda sets beside the function's own variables. */
const LAMBDA = {
  _HANDLER: HANDLER,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/test',
  AWS_LAMBDA_LOG_STREAM_NAME: 'test',
} as const

/** Starts the bundle in a folder under the runtime client, with this environment. */
export function startUnderClient(
  folder: string,
  environment: Readonly<Record<string, string>>,
  starting: Promise<RuntimeApi>,
): FunctionProcess {
  const client = process.env[CLIENT_VARIABLE]
  if (client === undefined) throw new Error('run this by npm run test:ric')
  const started = starting.then((api) => {
    const place = { LAMBDA_TASK_ROOT: folder, AWS_LAMBDA_RUNTIME_API: api.address }
    const child = spawn(process.execPath, [client], {
      env: { ...environment, ...LAMBDA, ...place },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { api, ...watch(child) }
  })
  return {
    async invoke(event, remainingMs = TIMEOUT_MS) {
      const { api, endedEarly } = await started
      return Promise.race([api.invoke(event, remainingMs), endedEarly()])
    },
    end: async () => (await started).end(),
  }
}
