import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MADE_BY_SHIPPER } from '../../../adapters/aws/secret-values.ts'
import { lockKey } from '../../../adapters/aws/secrets-lock.ts'
import { newTurns, setCopiesOn, type Turns } from '../../support/secret-sets.ts'
import { recordOperations } from '../../support/secret-sync.ts'
import { secretsManager } from '../../support/secrets.ts'

const { openSecrets } = secretsManager()

/** Checked by Secrets Manager with a request that creates something with tags; no request of ours. */
const TAGGING = 'secretsmanager:TagResource'

/** The one policy on the page. */
function documentedPolicy() {
  const page = readFileSync(new URL('../../../docs/cluster-secrets.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => text)
  const policies = blocks.filter((text) => text.includes('"secretsmanager:'))
  expect(policies).toHaveLength(1)
  return JSON.parse(policies[0] ?? '') as {
    readonly Statement: readonly {
      readonly Action: readonly string[]
      readonly Resource: string | readonly string[]
      readonly Condition?: object
    }[]
  }
}

it('the documented policy allows what copying and removing call, and nothing else', async () => {
  const secrets = openSecrets()
  const operations = recordOperations(secrets)
  const turns = newTurns()
  const locked: string[] = []
  const state: Turns['state'] = {
    write(key, ...more) {
      locked.push(key)
      return turns.state.write(key, ...more)
    },
  }
  const copies = setCopiesOn(secrets, { ...turns, state })
  const secret = { namespace: 'flux-system', name: 'slack' }
  await copies.write(secret, { token: 'a' })
  await copies.write(secret, { token: 'b' })
  await copies.remove(secret)
  const { Statement: statements } = documentedPolicy()
  const called = [...new Set(operations)].map((operation) => `secretsmanager:${operation}`)
  const allowed = statements.flatMap(({ Action }) => Action)
  expect([...new Set(allowed)].sort()).toEqual(['dynamodb:PutItem', ...called, TAGGING].sort())
  expect(new Set(locked)).toEqual(new Set([lockKey('prod')]))
})

it('the documented policy reaches the Secrets of one cluster, and one item of the table', () => {
  const { Statement: statements } = documentedPolicy()
  const secret = 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:flux-relay/prod/secrets/CLUSTER'
  const table = 'arn:aws:dynamodb:REGION:ACCOUNT:table/STATE_TABLE'
  for (const { Action, Resource } of statements) {
    const isLock = Action.includes('dynamodb:PutItem')
    const within = isLock ? [table] : [secret, `${secret}-??????`, `${secret}/*`]
    for (const resource of [Resource].flat()) expect(within).toContain(resource)
  }
  const conditionOf = (action: string) =>
    statements.filter(({ Action }) => Action.includes(action)).map(({ Condition }) => Condition)
  expect(conditionOf('dynamodb:PutItem')).toEqual([
    { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [lockKey('CLUSTER')] } },
  ])
  const { Key, Value } = MADE_BY_SHIPPER
  expect(conditionOf('secretsmanager:DeleteSecret')).toEqual([
    { StringEquals: { [`aws:ResourceTag/${Key}`]: Value } },
  ])
})
