import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import type { FunctionName } from '../../lib/function-names.ts'
import { appWith, VPC_ID } from '../stacks/synth.ts'
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

/** Settings of a deployment that may deliver to this machine. */
const SETTINGS = { allowPrivateAddresses: true, vpcId: VPC_ID }

/** Synthesises the app, with the functions' bundles, into a new folder. */
export function buildFunctions(): FunctionBundles {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-functions-'))
  const functions = synthesise(folder)
  const inStack = (name: FunctionName): DeployedFunction => {
    const found = functions.get(name)
    if (!found) throw new Error(`the stack has no function ${name}`)
    return found
  }
  return {
    names: [...functions.keys()],
    folderOf: (name) => join(folder, inStack(name).assetFolder),
    environmentOf: (name, relay) => ({
      ...resolved(name, inStack(name).variables, relay.variables),
      ...servicesOf(relay),
      AWS_LAMBDA_FUNCTION_NAME: name,
      // Lambda sets it for functions that log in JSON.
      AWS_LAMBDA_LOG_LEVEL: 'INFO',
      TZ: ':UTC',
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

type Variables = Readonly<Record<string, unknown>>

interface DeployedFunction {
  readonly assetFolder: string
  readonly variables: Variables
}

function synthesise(folder: string): ReadonlyMap<FunctionName, DeployedFunction> {
  const { relay } = appWith(SETTINGS, { outdir: folder, validates: false })
  const functions = Template.fromStack(relay).findResources('AWS::Lambda::Function')
  return new Map(
    Object.values(functions).map(({ Properties: { FunctionName: name, Code, Environment } }) => [
      // Without the name of the stage.
      String(name).replace(/^flux-relay-[^-]+-/, '') as FunctionName,
      {
        assetFolder: `asset.${String(Code.S3Key).replace('.zip', '')}`,
        variables: Environment.Variables as Variables,
      },
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
