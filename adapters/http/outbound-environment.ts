import { type ProxyRules, readProxyRules } from './proxy-rules.ts'
import { readRootCertificates } from './root-certificates.ts'

/** What the environment of a process says of its connections to elsewhere. */
export interface OutboundEnvironment {
  readonly proxies: ProxyRules
  /** PEM texts; absent for Node's own. */
  readonly roots?: readonly string[]
}

/** Reads it, certificates included. Throws `EnvironmentVariableError`. */
export function readOutboundEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): OutboundEnvironment {
  const roots = readRootCertificates(variables)
  return { proxies: readProxyRules(variables), ...(roots && { roots }) }
}
