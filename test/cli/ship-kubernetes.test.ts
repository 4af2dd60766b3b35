import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  addKubernetesOptions,
  type KubernetesFlags,
  kubernetesPlan,
} from '../../cli/ship-kubernetes.ts'
import { inClusterConnection } from '../../hosts/shipper/kubernetes/connection.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const API = ['--kube-api', 'http://127.0.0.1:8001']
const IN_A_POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }

describe('what the shipper does with the Kubernetes API', () => {
  it('is nothing outside of a cluster', () => {
    expect(planOf([])).toBeUndefined()
  })

  it('is the configuration, and what else is asked for', () => {
    const connection = { url: 'http://127.0.0.1:8001' }
    expect(planOf(API)).toEqual({ connection, watchEvents: [], config: true, readyCheck: true })
    const flags = ['--no-config', '--no-ready-check', '--watch-events', 'Pod,Kustomization, Pod']
    expect(planOf([...API, ...flags])).toEqual({
      ...{ connection, config: false, readyCheck: false },
      watchEvents: ['Pod', 'Kustomization'],
    })
    expect(planOf([...API, '--watch-events', 'Pod,*', '--sync-secrets'])).toMatchObject({
      watchEvents: ['*'],
      secrets: { prefix: 'flux-relay/prod', graceMs: 3_600_000 },
    })
  })

  it.each([
    [[], { prefix: 'flux-relay/prod', graceMs: 3_600_000 }],
    [['--state-table='], { prefix: 'flux-relay/prod', graceMs: 3_600_000 }],
    [
      ['--state-table', 'relay-State-1A.b'],
      { prefix: 'flux-relay/prod', graceMs: 3_600_000, stateTable: 'relay-State-1A.b' },
    ],
  ])('copies Secrets with %j', (flags, secrets) => {
    expect(planOf([...API, '--sync-secrets', ...flags])).toMatchObject({ secrets })
    expect(planOf([...API, '--sync-secrets', ...flags])?.secrets).toEqual(secrets)
  })

  it('is nothing where it is told so, also in a pod without a token', () => {
    expect(planOf(['--no-config'], IN_A_POD)).toBeUndefined()
    expect(() => planOf([], IN_A_POD)).toThrow('automountServiceAccountToken')
  })

  it.each([
    [['--watch-events', 'Pod'], '--watch-events: outside of a cluster it needs --kube-api'],
    [['--sync-secrets'], '--sync-secrets: outside of a cluster it needs --kube-api'],
    [[...API, '--sync-secrets', '--no-config'], 'drop --no-config'],
    [
      [...API, '--sync-secrets', '--secret-prefix', '/x/'],
      '--secret-prefix /x/: expected a prefix',
    ],
    [[...API, '--sync-secrets', '--state-table', 'a b'], '--state-table a b: expected the name'],
    [['--kube-token-file', 'x'], 'are for --kube-api only'],
    [['--kube-api', 'https://me:secret@host'], 'without credentials'],
    [['--kube-api', '10.0.0.1:6443'], 'expected a URL'],
    [[...API, '--kube-ca-file', '/nowhere'], '--kube-ca-file /nowhere: ENOENT'],
    [[...API, '--watch-events', 'Pod,pods'], "'pods': expected a kind such as Kustomization"],
    [
      [...API, '--watch-events', Array.from({ length: 51 }, (_, n) => `Kind${n}`).join()],
      'expected at most 50 kinds',
    ],
    [[...API, '--watch-events', ''], "'': expected a kind"],
    [[...API, '--secret-grace', '1s'], 'at least 1m'],
  ])('is not planned with %j', (args, message) => {
    expect(() => planOf(args)).toThrow(message)
  })
})

it('a pod has the address in its environment, and the rest in its ServiceAccount', () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'ca.crt'), 'PEM')
  const environment = { ...IN_A_POD, KUBERNETES_SERVICE_HOST: 'fd00::1' }
  expect(inClusterConnection(environment, directory)).toEqual({
    ...{ url: 'https://[fd00::1]:443', ca: 'PEM' },
    tokenFile: join(directory, 'token'),
  })
  expect(inClusterConnection({}, directory)).toBeUndefined()
})

function planOf(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const command = addKubernetesOptions(new Command()).exitOverride()
  command.configureOutput({ writeErr: () => undefined })
  command.parse([...args], { from: 'user' })
  return kubernetesPlan(command.opts<KubernetesFlags>(), environment)
}
