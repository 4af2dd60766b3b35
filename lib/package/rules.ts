import type { JsonObject } from './merge-templates.ts'
import type { SettingParameter } from './parameters.ts'

const isEmpty = (name: SettingParameter) => ({ 'Fn::Equals': [{ Ref: name }, ''] })
const isGiven = (name: SettingParameter) => ({ 'Fn::Not': [isEmpty(name)] })

const both = (one: SettingParameter, other: SettingParameter) => ({
  'Fn::Or': [
    { 'Fn::And': [isEmpty(one), isEmpty(other)] },
    { 'Fn::And': [isGiven(one), isGiven(other)] },
  ],
})

function rule(Assert: JsonObject, AssertDescription: string): JsonObject {
  return { Assertions: [{ Assert, AssertDescription }] }
}

/** What `Settings` refuses of settings that contradict each other, for CloudFormation to refuse. */
export const RULES: JsonObject = {
  OneWayToAlarm: rule(
    { 'Fn::Or': [isEmpty('AlarmEmail'), isEmpty('ExistingAlarmTopicArn')] },
    'ExistingAlarmTopicArn: not together with AlarmEmail: set one of them',
  ),
  PrivateAddressesInVpc: rule(
    {
      'Fn::Or': [{ 'Fn::Equals': [{ Ref: 'AllowPrivateAddresses' }, 'false'] }, isGiven('VpcId')],
    },
    'AllowPrivateAddresses: true needs VpcId: only a VPC reaches them',
  ),
  DomainWithCertificate: rule(
    both('DomainName', 'CertificateArn'),
    'DomainName needs CertificateArn: set both, or neither',
  ),
  WholeThrottle: rule(
    both('ApiRequestsPerSecond', 'ApiBurst'),
    'ApiRequestsPerSecond: only together with ApiBurst: set both, or neither',
  ),
}
