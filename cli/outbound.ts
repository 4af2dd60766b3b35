import {
  type OutboundEnvironment,
  readOutboundEnvironment,
} from '../adapters/http/outbound-environment.ts'
import { EnvironmentVariableError } from '../adapters/http/proxy-rules.ts'
import { UsageError } from '../client/usage-error.ts'

/** The proxies and roots that the environment names. Throws `UsageError` for a bad variable. */
export function outboundEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): OutboundEnvironment {
  try {
    return readOutboundEnvironment(variables)
  } catch (error) {
    if (error instanceof EnvironmentVariableError) throw new UsageError(error.message, 1)
    throw error
  }
}
