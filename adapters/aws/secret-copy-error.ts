/** A failed request to AWS. The message shows nothing of a Secret's content. */
export class SecretCopyError extends Error {
  override readonly name = 'SecretCopyError'
}

/** Does the work. Rejects with `SecretCopyError` when it fails. */
export async function explaining<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new SecretCopyError(`${id} in Secrets Manager: ${explanation(error)}`)
  }
}

/**
 * Errors whose messages tell what a person has to correct. Other messages could quote the request,
 * which contains the Secret.
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

/** An error of Node's name look-up. */
interface NetworkError {
  readonly code: string
  readonly hostname: string
}

/** An error of the AWS SDK. */
interface ServiceException {
  readonly $metadata: { readonly httpStatusCode?: number }
}

/** Describes a failure without showing anything of a Secret. */
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
