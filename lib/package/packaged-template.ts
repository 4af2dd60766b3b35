import { rmSync } from 'node:fs'
import { App, Fn } from 'aws-cdk-lib'
import { DISABLE_CREATION_STACK_TRACES } from 'aws-cdk-lib/cx-api'
import { ALARM_NAMES, type AlarmName } from '../alarm-names.ts'
import { tag } from '../app.ts'
import type { DeploymentSettings } from '../deployment-settings.ts'
import { type Json, type JsonObject, mergeTemplates } from './merge-templates.ts'
import {
  alarmCondition,
  PackagedStack,
  type PackagedStackProps,
  PLACEHOLDERS,
  type SettingChoice,
  SUBNETS,
} from './packaged-stack.ts'
import { RULES } from './rules.ts'

type Archives = PackagedStackProps['archives']

/** The `context` of cdk.json, whose flags CDK obeys. */
export type CdkContext = Readonly<Record<string, unknown>>

/** What is otherwise where each of these conditions does not hold. */
const CHOICES: Readonly<Record<string, SettingChoice>> = {
  WithAlarmEmail: { alarmEmail: undefined },
  WithOwnAlarmTopic: { alarmEmail: undefined, alarmTopicArn: Fn.ref('ExistingAlarmTopicArn') },
  WithVpc: { vpcId: undefined },
  WithPrivateAddresses: { allowPrivateAddresses: false },
  WithDebugLog: { logLevel: Fn.ref('LogLevel') as DeploymentSettings['logLevel'] },
  WithTracing: { tracing: false },
  WithClusterMetrics: { clusterMetrics: false },
  WithCompactRecords: { compactRecords: false },
  WithSecretsKey: { secretsKeyArn: undefined },
  WithDomain: { domainName: undefined, certificateArn: undefined },
  WithDeletionProtection: { deletionProtection: false },
  WithNoCrossNamespaceRefs: { noCrossNamespaceRefs: false },
  WithReplayButton: { replayButton: false },
  WithCloudIdentities: { cloudIdentities: false },
}

/**
 * The template of `npm run package:aws`: the stacks of `cdk deploy` as one, with each setting a
 * parameter, and no need of CDK's bootstrap (ADR 0046). It is made once with everything, and once
 * without each choice: what differs then gets the condition of the choice.
 */
export function packagedTemplate(archives: Archives, context: CdkContext): JsonObject {
  const everything = synthesise(archives, context, {})
  const variants = Object.entries(CHOICES).map(([condition, without]) => ({
    condition,
    template: synthesise(archives, context, without),
  }))
  const combined: Record<string, Json> = {}
  const merged = mergeTemplates(everything, variants, (conditions) => {
    const [only, ...more] = conditions
    if (only !== undefined && more.length === 0) return only
    const name = conditions.join('And')
    combined[name] = { 'Fn::And': conditions.map((Condition) => ({ Condition })) }
    return name
  })
  const { Conditions, Resources, ...sections } = merged
  return {
    ...sections,
    Rules: RULES,
    Conditions: { ...(Conditions as JsonObject), ...combined },
    Resources: withParameters(withAlarmConditions(Resources as JsonObject)),
  }
}

/** Makes the template alone: the places where constructs were made and their tree are left out. */
function synthesise(archives: Archives, context: CdkContext, without: SettingChoice): JsonObject {
  const app = new App({
    context: { ...context, [DISABLE_CREATION_STACK_TRACES]: true },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    treeMetadata: false,
  })
  new PackagedStack(app, 'flux-relay', { archives, without })
  tag(app, { app: 'flux-relay', stage: Fn.ref('StageName') })
  try {
    return app.synth().getStackByName('flux-relay').template as JsonObject
  } finally {
    rmSync(app.outdir, { recursive: true })
  }
}

/** An alarm can be switched off by itself. */
function withAlarmConditions(resources: JsonObject): JsonObject {
  const conditionOf = (id: string) =>
    ALARM_NAMES.find((name: AlarmName) =>
      new RegExp(`^Alarms${name.replaceAll('-', '')}[0-9A-F]{8}$`).test(id),
    )
  const entries = Object.entries(resources).map(([id, resource]) => {
    const name = conditionOf(id)
    return name === undefined
      ? ([id, resource] as const)
      : ([id, { Condition: alarmCondition(name), ...(resource as JsonObject) }] as const)
  })
  return Object.fromEntries(entries)
}

/** The template with parameters in the place of the texts that stand for them. */
function withParameters(value: Json): Json {
  if (Array.isArray(value)) {
    const [only] = value
    if (value.length === 1 && only === SUBNETS) return { Ref: 'VpcSubnetIds' }
    return value.map(withParameters)
  }
  if (typeof value === 'string') return PLACEHOLDERS.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  const parts = Object.entries(value).map(([name, part]) => [name, withParameters(part)])
  return Object.fromEntries(parts)
}
