import { expect, it } from 'vitest'
import { alert, answer, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

/** As on AWS, where Secrets are remembered for minutes. */
it.each([401, 403])(
  'a %i reads the Secret once more, past what is remembered of it',
  async (status) => {
    const harness = createHarness()
    const key = `${CLUSTER}/flux-system/hook`
    const { secrets } = harness.ports
    const read = secrets.read.bind(secrets)
    const remembered = new Map<string, Awaited<ReturnType<typeof read>>>()
    secrets.read = async (cluster, namespace, name, options) => {
      const id = `${cluster}/${namespace}/${name}`
      if (options?.fresh || !remembered.has(id)) {
        remembered.set(id, await read(cluster, namespace, name, options))
      }
      return remembered.get(id)
    }
    harness.secrets.set(key, { headers: 'Authorization: Bearer old' })
    await harness.configure(
      provider('hook', {
        type: 'generic',
        address: 'https://hook.test/',
        secretRef: { name: 'hook' },
      }),
      alert('all', 'hook'),
    )
    harness.answerWith(({ headers }) =>
      answer(headers.authorization === 'Bearer new' ? 200 : status),
    )
    await secrets.read(CLUSTER, 'flux-system', 'hook')
    harness.secrets.set(key, { headers: 'Authorization: Bearer new' })
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ])
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered', tries: 1 }])
  },
)
