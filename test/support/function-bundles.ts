import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFunction, entryOf, type FunctionName } from '../../lib/bundle.ts'
import { synth, VPC_ID } from '../stacks/synth.ts'
import type { AwsRelay } from './aws-relay.ts'

/** All functions, as Lambda gets them. */
export interface FunctionBundles {
  readonly names: readonly FunctionName[]
  /** Where a function's index.mjs is. */
  folderOf(name: FunctionName): string
  /** The variables of a function, as the stack and Lambda set them, for this relay. */
  environmentOf(name: FunctionName, relay: AwsRelay): Readonly<Record<string, string>>
  remove(): void
}

const FUNCTIONS = join(import.meta.dirname, '../../functions')

/** Settings of a deployment that may deliver to this machine. */
const SETTINGS = { allowPrivateAddresses: true, vpcId: VPC_ID }

/** Bundles the functions into a new folder. */
export function buildFunctions(): FunctionBundles {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-functions-'))
  const names = (readdirSync(FUNCTIONS) as FunctionName[]).filter((name) =>
    existsSync(entryOf(name)),
  )
  for (const name of names) bundleFunction(name, join(folder, name))
  const variables = variablesInStack()
  return {
    names,
    folderOf: (name) => join(folder, name),
    environmentOf: (name, relay) => ({
      ...resolved(name, variables.get(name) ?? {}, relay.variables),
      ...servicesOf(relay),
      AWS_LAMBDA_FUNCTION_NAME: name,
      TZ: ':UTC',
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

type Variables = Readonly<Record<string, unknown>>

/** By the function's name without that of the stage. */
function variablesInStack(): ReadonlyMap<string, Variables> {
  const { relayTemplate } = synth(SETTINGS)
  const functions = Object.values(relayTemplate.findResources('AWS::Lambda::Function'))
  return new Map(
    functions.map(({ Properties: { FunctionName: name, Environment } }) => [
      String(name).replace(/^flux-relay-[^-]+-/, ''),
      Environment.Variables as Variables,
    ]),
  )
}

/** What only a deployment knows is the relay's own. */
function resolved(name: FunctionName, variables: Variables, own: Readonly<Record<string, string>>) {
  const entries = Object.entries(variables).map(([key, value]) => {
    const text = own[key] ?? value
    if (typeof text !== 'string') throw new Error(`${name}: the test does not know ${key}`)
    return [key, text] as const
  })
  return Object.fromEntries(entries)
}

/** Endpoints, region and credentials: those in this process for services that are given. */
function servicesOf({ services }: AwsRelay): Readonly<Record<string, string>> {
  const { dynamoDb, sqs, secretsManager } = services
  const { region, credentials } = dynamoDb.options
  if (region === undefined || credentials === undefined) return awsVariables()
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.options.endpoint ?? '',
    AWS_ENDPOINT_URL_SQS: sqs.options.endpoint ?? '',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.options.endpoint ?? '',
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

/** With HOME, where a profile's credentials are. */
function awsVariables(): Readonly<Record<string, string>> {
  const entries = Object.entries(process.env).filter(
    ([name, value]) => (name.startsWith('AWS_') || name === 'HOME') && value !== undefined,
  )
  return Object.fromEntries(entries) as Record<string, string>
}
