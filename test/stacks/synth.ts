import { rmSync } from 'node:fs'
import type { App, Environment } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { DISABLE_CREATION_STACK_TRACES } from 'aws-cdk-lib/cx-api'
import { readProjectFile } from '../../docs/generate/project.ts'
import { createApp } from '../../lib/app.ts'
import { SETTINGS_KEY } from '../../lib/deployment-settings.ts'

/** The one VPC that a lookup finds. */
export const VPC_ID = 'vpc-12345678'

const ENV = { account: '111122223333', region: 'eu-central-1' }

const VPC = {
  vpcId: VPC_ID,
  vpcCidrBlock: '10.0.0.0/16',
  ownerAccountId: ENV.account,
  availabilityZones: [],
  subnetGroups: [
    {
      name: 'Private',
      type: 'Private',
      subnets: [
        {
          subnetId: 'subnet-12345678',
          cidr: '10.0.0.0/24',
          availabilityZone: 'eu-central-1a',
          routeTableId: 'rtb-12345678',
        },
      ],
    },
  ],
}

/** What CDK would ask the account for. */
const LOOKUP = `vpc-provider:account=${ENV.account}:filter.vpc-id=${VPC_ID}:region=${ENV.region}:returnAsymmetricSubnets=true`

const { context: FLAGS } = JSON.parse(readProjectFile('cdk.json')) as { readonly context: Settings }

interface AppOptions {
  /** Where its templates go, and its functions' bundles; without it they have no code of their own. */
  readonly outdir?: string
  /** Where it is deployed to; any account and region without it, but for settings that need one. */
  readonly env?: Environment
  /** The folder of the code of all functions, which then are not bundled. */
  readonly codeFolder?: string
  /** The checks of CDK itself and of cdk-nag, which take most of the second that a synth takes. */
  readonly validates: boolean
}

type Settings = Readonly<Record<string, unknown>>

/** The app with these settings. */
export function appWith(settings: Settings, options: AppOptions) {
  const { outdir, codeFolder, validates } = options
  const env = options.env ?? ('vpcId' in settings ? ENV : undefined)
  return createApp({
    app: {
      context: {
        ...FLAGS,
        [SETTINGS_KEY]: settings,
        [LOOKUP]: VPC,
        [DISABLE_CREATION_STACK_TRACES]: true,
      },
      analyticsReporting: false,
      builtinCloudFormationValidation: validates,
      treeMetadata: false,
      ...(outdir !== undefined && { outdir }),
    },
    ...(env !== undefined && { env }),
    ...(outdir === undefined && { code: () => codeIn(codeFolder) }),
    checks: validates,
  })
}

function codeIn(folder: string | undefined): Code {
  if (folder !== undefined) return Code.fromAsset(folder)
  return Code.fromInline('export const handler = () => 0')
}

type Synthesised = ReturnType<typeof synthesise>
const synthesised = new Map<string, Synthesised>()

/** The templates with these settings, without the functions' code; not to be changed. */
export function synth(settings: Settings = {}): Synthesised {
  const key = JSON.stringify(settings)
  const known = synthesised.get(key) ?? synthesise(settings)
  synthesised.set(key, known)
  return known
}

/** The same for the defaults in that account and region. */
export function synthIn(env: Environment): Synthesised {
  return synthesise({}, env)
}

function synthesise(settings: Settings, env?: Environment) {
  const created = appWith(settings, { validates: false, ...(env !== undefined && { env }) })
  const templates = {
    relayTemplate: Template.fromStack(created.relay),
    observabilityTemplate: Template.fromStack(created.observability),
  }
  removeOutput(created.app)
  return { ...created, ...templates }
}

/** Removes what CDK writes into the temporary directory for an app without `outdir`. */
export function removeOutput({ outdir }: App): void {
  rmSync(outdir, { recursive: true })
}
