import { type Answer, problemAnswer } from '../answer.ts'
import { headerOf } from '../http.ts'
import { createProviderTests, type ProviderTestParts } from '../provider-tests.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { MAX_TEST_BYTES } from '../test-provider.ts'

/** Tests Providers. */
export function providerRoutes(parts: ProviderTestParts): readonly Route[] {
  const test = createProviderTests(parts)
  const handle = async (call: Call): Promise<Answer> => {
    const read = await call.readBody()
    if ('problem' in read) return problemAnswer(read.problem)
    const { namespace = '', name = '' } = call.parameters
    return test({
      ...{ namespace, name, by: call.operator?.name },
      body: read.body,
      contentEncoding: headerOf(call.request, 'content-encoding'),
    })
  }
  return [routeOf('testProvider', { maxBodyBytes: MAX_TEST_BYTES, handle })]
}
