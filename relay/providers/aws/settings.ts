import { z } from 'zod'
import {
  type AwsDestination,
  type AwsService,
  parseAwsDestination,
} from '../../model/aws-destination.ts'
import type { SecretData } from '../../model/secret.ts'
import type { AwsCredentials } from '../../ports/cloud-identities.ts'
import { headerTextError } from '../header-text.ts'
import { optionalText } from '../settings.ts'

/** What a type of AWS has. */
export interface AwsSettings {
  readonly destination: AwsDestination
  /** The access key of the Secret; undefined: the relay's own role is used. */
  readonly keys: AwsCredentials | undefined
}

/** The keys of a Secret with an access key, as the Secret of a Bucket of Flux has them. */
const KEYS = { id: 'accesskey', secret: 'secretkey', session: 'sessiontoken' } as const

/** What a Secret without an access key needs. */
export const NEEDED_KEYS = `add the keys ${KEYS.id} and ${KEYS.secret} to the Secret named by spec.secretRef`

/** What each service calls a destination, and the last part of an ARN of one. */
const WORDS: Readonly<Record<AwsService, { readonly noun: string; readonly example: string }>> = {
  sns: { noun: 'topic', example: 'deployments' },
  sqs: { noun: 'queue', example: 'deployments' },
  events: { noun: 'event bus', example: 'event-bus/default' },
}

/** The settings of a type that sends to destinations of this service. */
export function awsSettings(service: AwsService) {
  return z
    .object({ address: optionalText(), secret: z.record(z.string(), z.string()) })
    .transform(({ address, secret }, context): AwsSettings => {
      const keys = readKeys(secret, context)
      const destination = parseAwsDestination(address)
      if (destination?.service === service) return { destination, keys }
      const { noun, example } = WORDS[service]
      const message = `set spec.address to the ARN of the ${noun}, such as arn:aws:${service}:eu-west-1:111122223333:${example}`
      context.addIssue({ code: 'custom', path: ['address'], message })
      return z.NEVER
    })
}

function readKeys(secret: SecretData, context: z.RefinementCtx): AwsCredentials | undefined {
  const read = (key: string): string => {
    const text = secret[key]?.trim() ?? ''
    const problem = headerTextError(text)
    if (problem !== undefined) issue(`the Secret key ${key} ${problem}`)
    return text
  }
  const issue = (message: string) => context.addIssue({ code: 'custom', path: ['secret'], message })
  const accessKeyId = read(KEYS.id)
  const secretAccessKey = read(KEYS.secret)
  const sessionToken = read(KEYS.session)
  if (accessKeyId !== '' && secretAccessKey !== '') {
    return { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) }
  }
  if (accessKeyId !== '' || secretAccessKey !== '' || sessionToken !== '') {
    issue(`an access key needs both ${KEYS.id} and ${KEYS.secret} in the Secret`)
  }
  return undefined
}
