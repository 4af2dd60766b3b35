import type { Ports } from '../ports/ports.ts'
import { type Answer, problemAnswer } from './answer.ts'
import { problem } from './problem.ts'
import { type RunTest, type TestRequest, testProvider } from './test-provider.ts'

/** What testing Providers needs of a host. */
export interface ProviderTestParts {
  readonly ports: Pick<Ports, 'configs' | 'clock'>
  readonly runTest: RunTest
}

/** The most tests at once. One that hangs takes as long as its Provider's timeout. */
const MOST_AT_ONCE = 10

/** Makes what tests Providers as `testProvider` does, a few at once. The answer is a 503 beyond that. */
export function createProviderTests({
  ports,
  runTest,
}: ProviderTestParts): (request: TestRequest) => Promise<Answer> {
  let underWay = 0
  return async (request) => {
    if (underWay >= MOST_AT_ONCE) {
      return problemAnswer(problem('overloaded', `${underWay} tests are under way; wait for one`))
    }
    underWay += 1
    try {
      return await testProvider(ports, request, runTest)
    } finally {
      underWay -= 1
    }
  }
}
