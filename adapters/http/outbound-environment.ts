import { type ProxyRules, readProxyRules } from './proxy-rules.ts'
import { readRootCertificates } from './root-certificates.ts'

/** The settings for outbound connections in the environment of a process. */
export interface OutboundEnvironment {
  readonly proxies: ProxyRules
  /** The trusted root certificates as PEM texts; absent for Node's own. */
  readonly roots?: readonly string[]
}

/** Reads the environment, including the certificate files. Throws `EnvironmentVariableError`. */
export function readOutboundEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): OutboundEnvironment {
  const roots = readRootCertificates(variables)
  return { proxies: readProxyRules(variables), ...(roots && { roots }) }
}
