import { Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { createApp } from '../../lib/app.ts'
import { SETTINGS_KEY } from '../../lib/settings.ts'

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

/** The templates with these settings, without the functions' code. */
export function synth(settings: Readonly<Record<string, unknown>> = {}) {
  const created = createApp({
    app: { context: { [SETTINGS_KEY]: settings, [LOOKUP]: VPC }, analyticsReporting: false },
    ...('vpcId' in settings && { env: ENV }),
    code: () => Code.fromInline('export const handler = () => undefined'),
  })
  return {
    ...created,
    relayTemplate: Template.fromStack(created.relay),
    observabilityTemplate: Template.fromStack(created.observability),
  }
}
