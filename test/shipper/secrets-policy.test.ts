import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SecretsManagerCopies } from '../../adapters/aws/secrets-manager-copies.ts'
import { recordOperations } from '../support/secret-sync.ts'
import { secretsManager } from '../support/secrets.ts'

const { openSecrets } = secretsManager()

/** Checked by Secrets Manager with a request that creates something with tags; no request of ours. */
const TAGGING = 'secretsmanager:TagResource'

/** The one policy on the page. */
function documentedPolicy() {
  const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => text)
  const policies = blocks.filter((text) => text.includes('"secretsmanager:'))
  expect(policies).toHaveLength(1)
  return JSON.parse(policies[0] ?? '') as {
    readonly Statement: readonly {
      readonly Action: readonly string[]
      readonly Resource: string
      readonly Condition?: object
    }[]
  }
}

it('the documented policy allows what copying, deleting and restoring call, and nothing else', async () => {
  const secrets = openSecrets()
  const operations = recordOperations(secrets)
  const copies = new SecretsManagerCopies({ ...secrets, cluster: 'prod' })
  const secret = { namespace: 'flux-system', name: 'slack' }
  const tags: string[] = []
  secrets.before('CreateSecret', ({ input }) => {
    const { Tags = [] } = input as { Tags?: readonly { Key: string; Value: string }[] }
    tags.push(...Tags.map(({ Key, Value }) => `${Key}=${Value}`))
  })
  await copies.write(secret, { token: 'a' })
  await copies.remove(secret)
  await copies.write(secret, { token: 'b' })
  const { Statement: statements } = documentedPolicy()
  const called = [...new Set(operations)].map((operation) => `secretsmanager:${operation}`)
  const allowed = statements.flatMap(({ Action }) => Action)
  expect([...allowed].sort()).toEqual([...called, TAGGING].sort())
  for (const { Resource, Condition } of statements) {
    expect(Resource).toBe(
      'arn:aws:secretsmanager:REGION:ACCOUNT:secret:flux-relay/prod/secrets/CLUSTER/*',
    )
    const { StringEquals = {} } = { ...Condition } as { StringEquals?: Record<string, string> }
    const required = Object.entries(StringEquals).map(
      ([key, value]) => `${key.replace('aws:ResourceTag/', '')}=${value}`,
    )
    expect(tags).toEqual(expect.arrayContaining(required))
  }
  const deletion = statements.find(({ Action }) => Action.includes('secretsmanager:DeleteSecret'))
  expect(deletion?.Condition).toBeDefined()
})
