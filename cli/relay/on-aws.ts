import { UsageError } from '../../client/usage-error.ts'

/** The work, with what AWS says against it as a `UsageError`. */
export async function onAws<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof UsageError ? error : awsError(error)
  }
}

/** What to do where the SDK says only what it lacks, by the beginning of what it says. */
const REMEDIES = [
  ['Error: Region is missing', 'set AWS_REGION, or AWS_PROFILE to one with a region'],
  [
    'CredentialsProviderError: Could not load credentials',
    'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
] as const

/** What AWS, or the SDK, says as a `UsageError`. */
export function awsError(error: unknown): UsageError {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const what = `${name}: ${message}`
  const remedy = REMEDIES.find(([beginning]) => what.startsWith(beginning))?.[1]
  return new UsageError(`AWS: ${what}${remedy === undefined ? '' : `; ${remedy}`}`, 1)
}
