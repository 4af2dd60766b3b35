import { describe, expect, it } from 'vitest'
import { createManifestsConfig } from '../../../../hosts/embedded/manifests-config.ts'
import { configTextOf } from '../../../../relay/model/stored/config-snapshot.ts'
import { reconcileFleet } from '../../../../relay/pipeline/reconcile.ts'
import { judgeAgain } from '../../../../relay/pipeline/rejudge.ts'
import { annotated } from '../../../relay/pipeline/rules/annotated.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'
import { alert, provider } from '../../../support/relay-harness.ts'

const PROBLEM = { file: 'a.yaml', object: 'Alert/flux-system/b', message: 'is not YAML' }

async function start() {
  const { configs, secrets, clock } = memoryPorts()
  const texts = { readText: async () => undefined, keepText: async () => undefined }
  const others = {
    configs: { ...bound(configs), ...texts, replaceText: async () => 'stale' as const },
    secrets,
  }
  const folder = createManifestsConfig({
    ...{ cluster: 'local', others, clock },
    builtInSecrets: new Map(),
  })
  const manifests = [annotated(alert('a', 'none'), { provider: '_fleet/hook' })]
  const loaded = {
    ...{ manifests, secrets: new Map(), problems: [PROBLEM], notTaken: [], notes: [] },
    ...{ fileCount: 1, modifiedAt: [] },
  }
  return { folder, configs, loaded }
}

function bound(configs: ReturnType<typeof memoryPorts>['configs']) {
  return {
    read: configs.read.bind(configs),
    readRevision: configs.readRevision.bind(configs),
    replace: configs.replace.bind(configs),
  }
}

describe('a manifests folder whose Alert leads to the fleet', () => {
  it('is judged again when the fleet changes, and keeps what is wrong with its files', async () => {
    const { folder, configs, loaded } = await start()
    await folder.apply(loaded)
    const objects = async () => {
      const read = await folder.configs.read('local')
      return typeof read === 'object' ? read.objects.map(({ name, reason }) => [name, reason]) : []
    }
    const broken = ['b', 'ValidationFailed']
    expect(await objects()).toEqual([['a', 'ProviderNotFound'], broken])
    const { metadata: _, ...rest } = provider('hook', {
      type: 'generic',
      address: 'https://hooks.example/x',
    })
    const shared = annotated({ ...rest, metadata: { name: 'hook' } }, { 'allow-clusters': '*' })
    await configs.replace(await reconcileFleet([shared], 0, folder.secrets))
    await judgeAgain(folder, 'local')
    expect(await objects()).toEqual([['a', 'Succeeded'], broken])
  })

  it('takes no other set, in either form', async () => {
    const { folder, loaded } = await start()
    const snapshot = await folder.apply(loaded)
    const other = { ...snapshot, revision: 'other' }
    await expect(folder.configs.replace(other)).rejects.toThrow('the manifests folder owns local')
    await expect(folder.configs.replaceText(configTextOf(other))).rejects.toThrow('owns local')
    expect(await folder.configs.replaceText(configTextOf(snapshot))).toBe('replaced')
  })
})
