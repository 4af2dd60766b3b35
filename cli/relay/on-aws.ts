import { UsageError } from '../../client/usage-error.ts'

/** The work, with what AWS says against it as a `UsageError`. */
export async function onAws<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof UsageError ? error : awsError(error)
  }
}

/** What AWS, or the SDK, says as a `UsageError`. */
export function awsError(error: unknown): UsageError {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return new UsageError(`AWS: ${name}: ${message}`, 1)
}
