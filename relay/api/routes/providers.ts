import type { Ports } from '../../ports/ports.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { headerOf } from '../http.ts'
import { problem } from '../problem.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { MAX_TEST_BYTES, type RunTest, testProvider } from '../test-provider.ts'

/** What testing Providers needs of a host. */
export interface ProviderRouteParts {
  readonly ports: Pick<Ports, 'configs' | 'clock'>
  readonly runTest: RunTest
}

/** The most tests at once. One that hangs takes as long as its Provider's timeout. */
const MOST_AT_ONCE = 10

/** Tests Providers. */
export function providerRoutes({ ports, runTest }: ProviderRouteParts): readonly Route[] {
  let underWay = 0
  const handle = async (call: Call): Promise<Answer> => {
    const read = await call.readBody()
    if ('problem' in read) return problemAnswer(read.problem)
    if (underWay >= MOST_AT_ONCE) {
      return problemAnswer(problem('overloaded', `${underWay} tests are under way; wait for one`))
    }
    underWay += 1
    try {
      const { namespace = '', name = '' } = call.parameters
      const request = {
        ...{ namespace, name, by: call.operator?.name },
        body: read.body,
        contentEncoding: headerOf(call.request, 'content-encoding'),
      }
      return await testProvider(ports, request, runTest)
    } finally {
      underWay -= 1
    }
  }
  return [routeOf('testProvider', { maxBodyBytes: MAX_TEST_BYTES, handle })]
}
