/** AWS did not do it. The message shows nothing of a Secret's content. */
export class SecretCopyError extends Error {
  override readonly name = 'SecretCopyError'
}

/** Does the work, and rejects with `SecretCopyError` where that fails. */
export async function explaining<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new SecretCopyError(`${id} in Secrets Manager: ${explanation(error)}`)
  }
}

/**
 * Errors whose message says what a person has to mend. That of any other could quote the request,
 * in which the Secret is.
 */
const TELLING: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'DecryptionFailure',
  'EncryptionFailure',
  'ExpiredTokenException',
  'InvalidIdentityToken',
  'InvalidRequestException',
  'InvalidSecret',
  'LaterSet',
  'LimitExceededException',
  'SecretDeleted',
  'SecretsLocked',
  'SetTooLarge',
  'UnrecognizedClientException',
])

/** Of Node's look-up of names. */
interface NetworkError {
  readonly code: string
  readonly hostname: string
}

/** Of the AWS SDK. */
interface ServiceException {
  readonly $metadata: { readonly httpStatusCode?: number }
}

/** What failed, in words that show nothing of a Secret. */
export function explanation(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown failure'
  const { name, message } = error
  if (TELLING.has(name)) return `${name}: ${message}`
  const { code, hostname, $metadata } = error as Partial<NetworkError & ServiceException>
  const status = $metadata?.httpStatusCode
  // A wrong region shows in the name of a host that there is not.
  const host = hostname === undefined ? undefined : `${hostname} (check AWS_REGION)`
  return [name, code, host, status === undefined ? undefined : `HTTP ${status}`]
    .filter((part) => part !== undefined)
    .join(', ')
}
