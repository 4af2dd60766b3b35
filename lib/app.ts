import { createRequire } from 'node:module'
import { App, type AppProps, type Environment, Tags, Validations } from 'aws-cdk-lib'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import type { AwsSolutionsChecks } from 'cdk-nag'
import {
  type DeploymentSettings,
  DeploymentSettingsError,
  parseDeploymentSettings,
  SETTINGS_KEY,
} from './deployment-settings.ts'
import type { FunctionName } from './function-names.ts'
import { ObservabilityStack } from './stacks/observability-stack.ts'
import { RelayStack } from './stacks/relay-stack.ts'

export interface RelayAppOptions {
  /** Properties of the CDK app; the command `cdk` gives the context itself. */
  readonly app?: AppProps
  /** Account and region, absent for a template that fits any. */
  readonly env?: Environment
  /** Where a function's code comes from; its bundle by default. */
  readonly code?: (name: FunctionName) => Code
  /** Whether cdk-nag's AwsSolutions check the templates at each synth. Default: true. */
  readonly checks?: boolean
}

/** The app with its stacks, by the settings in its context. Throws `DeploymentSettingsError`. */
export function createApp({ app: props, env, code, checks = true }: RelayAppOptions = {}) {
  const app = new App(props)
  const settings = parseDeploymentSettings(app.node.tryGetContext(SETTINGS_KEY))
  requireEnvironment(settings, env)
  requireRegion(settings, env)
  const name = `flux-relay-${settings.stageName}`
  const common = { settings, ...(env && { env }) }
  const relay = new RelayStack(app, name, { ...common, ...(code && { code }) })
  const observability = new ObservabilityStack(app, `${name}-observability`, { ...common, relay })
  tag(app, { app: 'flux-relay', stage: settings.stageName })
  if (checks) Validations.of(app).addPlugins(awsSolutionsChecks(app))
  return { app, relay, observability }
}

/** Loads cdk-nag where it is used: it loads parts of aws-cdk-lib that the stacks have no use for. */
function awsSolutionsChecks(app: App): AwsSolutionsChecks {
  const nag: typeof import('cdk-nag') = createRequire(import.meta.url)('cdk-nag')
  return new nag.AwsSolutionsChecks(app)
}

/** Tags every resource but event source mappings: China and GovCloud refuse tags on these. */
export function tag(app: App, tags: Readonly<Record<string, string>>): void {
  const excludeResourceTypes = ['AWS::Lambda::EventSourceMapping']
  for (const [name, value] of Object.entries(tags)) {
    Tags.of(app).add(name, value, { excludeResourceTypes })
  }
}

/** What an alarm, a secret and an API use has to be in their own region. */
function requireRegion(settings: DeploymentSettings, env: Environment | undefined): void {
  if (env?.region === undefined) return
  for (const name of ['alarmTopicArn', 'secretsKeyArn', 'certificateArn'] as const) {
    const region = settings[name]?.split(':')[3]
    if (region === undefined || region === env.region) continue
    throw new DeploymentSettingsError(
      `${name}: is in ${region}, and the deployment in ${env.region}: name one of ${env.region}`,
    )
  }
}

/** The subnets of a VPC are looked up, in an account. */
function requireEnvironment({ vpcId }: DeploymentSettings, env: Environment | undefined): void {
  if (vpcId === undefined || (env?.account !== undefined && env.region !== undefined)) return
  throw new DeploymentSettingsError(
    `vpcId: needs credentials of the account that has ${vpcId}, to look it up`,
  )
}
