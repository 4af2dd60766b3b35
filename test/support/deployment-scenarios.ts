import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import { failingMemory } from './failing-memory.ts'
import { type ExpectedExchange, type ForgeDouble, startForge } from './forge-double.ts'
import { testClient } from './http-client.ts'
import { alert, CLUSTER, createHarness, provider } from './relay-harness.ts'

export const ONE = '1'.repeat(40)
export const TWO = '2'.repeat(40)

/** The default environment of the events that `startDeploying` sends. */
export const ENVIRONMENT = 'local/kustomization/flux-system/apps'

export type ShownState = 'in-progress' | 'success' | 'failure' | 'ended'

/** How a forge speaks about deployments. */
export interface DeploymentCase {
  readonly type: string
  /** Of the repository, behind the origin. */
  readonly path: string
  readonly secret: SecretData
  /** The headers that prove who sends. */
  readonly authorization: Readonly<Record<string, string>>
  readonly list: (hash: string, environment?: string) => string
  /** A deployment as the forge lists it; `ours` ones were made by a relay. */
  readonly listed: (id: number, hash: string, ours?: boolean) => unknown
  /** The requests that make the deployment `id` with a state. */
  readonly made: (id: number, state: ShownState) => readonly ExpectedExchange[]
  /** The request that sets the state of a deployment. */
  readonly update: (id: number, status?: number) => ExpectedExchange
  /** The state that a request sets; undefined when it sets none. */
  readonly stateOf: (body: Readonly<Record<string, unknown>>) => unknown
  readonly states: Readonly<Record<ShownState, string>>
  /** The body of the request that makes a deployment of `ONE`. */
  readonly creation: unknown
}

/** Parts of an event about the Kustomization `apps`. */
export interface Applied {
  readonly hash?: string
  readonly reason?: string
  readonly severity?: string
  readonly metadata?: Readonly<Record<string, string>>
}

export interface DeployingOptions {
  readonly state?: StateStore
  readonly spec?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The core on SQLite and the real HTTP client, with a forge that answers as the test expects. */
export async function startDeploying(forge: DeploymentCase, options: DeployingOptions = {}) {
  const { state, spec = {}, annotations = {} } = options
  const double = await startForge()
  const harness = createHarness({}, { http: testClient(), ...(state && { state }) })
  harness.secrets.set(`${CLUSTER}/flux-system/forge`, forge.secret)
  const address = `${double.url}/${forge.path}`
  const bare = provider('forge', { type: forge.type, address, secretRef: { name: 'forge' } })
  const pair: readonly KubernetesObject[] = [
    {
      ...bare,
      metadata: { ...bare.metadata, annotations },
      spec: { ...bare.spec, ...spec },
    },
    alert('apps', 'forge'),
  ]
  await harness.configure(...pair)
  let sent = 0
  return {
    ...double,
    harness,
    /** Sends an event of its own, which happens now. */
    async send({ hash = ONE, reason, severity = 'info', metadata = {} }: Applied) {
      sent += 1
      harness.clock.advance(1_000)
      await harness.sendJson({
        involvedObject: {
          kind: 'Kustomization',
          namespace: 'flux-system',
          name: 'apps',
          apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        },
        severity,
        timestamp: new Date(harness.clock.now()).toISOString(),
        message: `event ${'abcdefghij'[sent]}`,
        reason: reason ?? (severity === 'error' ? 'HealthCheckFailed' : 'ReconciliationSucceeded'),
        metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${hash}`, ...metadata },
        reportingController: 'kustomize-controller',
      })
    },
    async deliver(applied: Applied = {}) {
      await this.send(applied)
      await harness.drain()
    },
    /** Outcome and reason of each delivery, the oldest first. */
    async outcomes(): Promise<readonly string[]> {
      const records = await harness.records()
      return records
        .toSorted((a, b) => (a.event.message < b.event.message ? -1 : 1))
        .map(({ outcome, reason }) => `${outcome}: ${reason}`)
    },
  }
}

const PROGRESS: Applied = { reason: 'Progressing' }
const FAILURE: Applied = { severity: 'error' }

/** What every type with deployments does, end to end. */
export function describeDeployments(forge: DeploymentCase): void {
  const { made, update, listed, states } = forge
  const list = (...deployments: readonly unknown[]) => ({
    line: forge.list(ONE),
    json: deployments,
  })
  const listTwo = (...deployments: readonly unknown[]) => ({
    line: forge.list(TWO),
    json: deployments,
  })
  const bodies = ({ requests }: Pick<ForgeDouble, 'requests'>) =>
    requests
      .filter(({ body }) => body !== '')
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  const shownStates = (relay: Pick<ForgeDouble, 'requests'>) =>
    bodies(relay)
      .map(forge.stateOf)
      .filter((state) => state !== undefined)

  describe(`${forge.type}, end to end`, () => {
    it('makes one deployment of a commit, and takes it through its states', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'in-progress'), update(7), update(7))
      for (const applied of [PROGRESS, FAILURE, {}]) await relay.deliver(applied)

      expect(await relay.outcomes()).toEqual(Array(3).fill(expect.stringMatching(/^delivered: /)))
      expect(bodies(relay)[0]).toEqual(forge.creation)
      expect(shownStates(relay)).toEqual([states['in-progress'], states.failure, states.success])
      for (const { headers } of relay.requests) expect(headers).toMatchObject(forge.authorization)
    })

    it('sends what is shown already once', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'success'))
      await relay.deliver()
      await relay.deliver()
      expect((await relay.outcomes())[1]).toMatch(/^suppressed: unchanged: .*success/)
    })

    it('makes one for each commit, and one more when the environment comes back to a commit', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'success'))
      relay.expects(listTwo(listed(7, ONE)), ...made(8, 'success'))
      relay.expects(list(listed(8, TWO), listed(7, ONE)), ...made(9, 'success'))
      await relay.deliver({ hash: ONE })
      await relay.deliver({ hash: TWO })
      await relay.deliver({ hash: ONE })
      expect(await relay.outcomes()).toEqual(Array(3).fill(expect.stringMatching(/^delivered: /)))
    })

    it('ends a deployment that another commit replaced before it was done', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'in-progress'))
      relay.expects(listTwo(listed(7, ONE)), ...made(8, 'in-progress'), update(7))
      await relay.deliver({ ...PROGRESS, hash: ONE })
      await relay.deliver({ ...PROGRESS, hash: TWO })
      expect(shownStates(relay)).toEqual([
        states['in-progress'],
        states['in-progress'],
        states.ended,
      ])
      expect((await relay.harness.records()).flatMap(({ notes = [] }) => notes)).toEqual([])
    })

    it('notes that a replaced deployment could not be ended', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'in-progress'))
      relay.expects(listTwo(), ...made(8, 'success'), update(7, 503))
      await relay.deliver({ ...PROGRESS, hash: ONE })
      await relay.deliver({ hash: TWO })
      expect((await relay.outcomes())[1]).toMatch(/^delivered: /)
      expect((await relay.harness.records()).flatMap(({ notes = [] }) => notes)).toEqual([
        'the earlier deployment 7 is still shown in progress: HTTP 503',
      ])
    })

    it('touches no deployment of another tool', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(listed(5, ONE, false)), ...made(7, 'success'))
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('updates the deployment that another relay made', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(listed(6, TWO), listed(5, ONE)), update(5), update(5))
      await relay.deliver()
      await relay.deliver(FAILURE)
      expect(shownStates(relay)).toEqual([states.success, states.failure])
    })

    it('makes a deployment anew that somebody deleted', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(), ...made(7, 'in-progress'))
      await relay.deliver(PROGRESS)
      relay.expects(update(7, 404), list(), ...made(8, 'success'))
      await relay.deliver()
      relay.expects(update(8))
      await relay.deliver(FAILURE)
      expect(await relay.outcomes()).toEqual(Array(3).fill(expect.stringMatching(/^delivered: /)))
    })

    it('makes a deployment that is deleted between search and update', async () => {
      const relay = await startDeploying(forge)
      relay.expects(list(listed(5, ONE)), update(5, 404), ...made(7, 'success'))
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('finds a deployment that was made when the answer got lost', async () => {
      const relay = await startDeploying(forge)
      const [first] = made(7, 'success')
      relay.expects(list(), { line: first?.line ?? '', lost: true })
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(/^retry: reset: /)
      relay.expects(list(listed(7, ONE)), update(7))
      expect(await relay.harness.drainNext()).toBe(true)
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('finds a deployment that was made, and not remembered, before a crash', async () => {
      const relay = await startDeploying(forge, { state: failingMemory(1) })
      const [first] = made(7, 'success')
      relay.expects(list(), ...(first ? [first] : []))
      await relay.send({})
      const { queue, dispatcher, clock } = relay.harness
      for (const event of await queue.leaseEvents(1)) {
        await expect(dispatcher.dispatchEvent(event)).rejects.toThrow('the store is down')
        queue.release(event, clock.now())
      }
      relay.expects(list(listed(7, ONE)), update(7))
      await relay.harness.drain()
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('shows nothing older after something newer, also of another commit', async () => {
      const relay = await startDeploying(forge)
      relay.expects({ line: forge.list(ONE), status: 503 }, listTwo(), ...made(8, 'success'))
      await relay.deliver({ hash: ONE })
      await relay.deliver({ hash: TWO })
      expect(await relay.harness.drainNext()).toBe(true)
      expect((await relay.outcomes())[0]).toBe(
        'suppressed: superseded by a newer event of the same subject',
      )
    })

    it('waits for a commit that the forge does not have yet', async () => {
      const relay = await startDeploying(forge)
      const [first] = made(7, 'success')
      const absent = { message: { sha: ['The commit does not exist'] } }
      const status = forge.type.startsWith('gitlab') ? 400 : 422
      relay.expects(list(), { line: first?.line ?? '', status, json: absent })
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(new RegExp(`^retry: HTTP ${status}: `))
      relay.expects(list(), ...made(7, 'success'))
      expect(await relay.harness.drainNext()).toBe(true)
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('has the environment that the expression of the Provider gives', async () => {
      const relay = await startDeploying(forge, {
        spec: { commitStatusExpr: "cluster + ' ' + event.involvedObject.name" },
      })
      relay.expects({ line: forge.list(ONE, 'local apps'), json: [] }, ...made(7, 'success'))
      await relay.deliver()
      expect(bodies(relay)[0]).toMatchObject({ environment: 'local apps' })
    })

    it('refuses the name of an environment that is too long', async () => {
      const relay = await startDeploying(forge, {
        spec: { commitStatusExpr: `'e'+'${'x'.repeat(255)}'` },
      })
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(
        /^dead: the name of the environment has more than 255 characters; give a shorter one by spec.commitStatusExpr/,
      )
    })

    it.each([
      ['the list', [{ ...list(), status: 502 }], /^retry: HTTP 502/],
      [
        'the list, in another form',
        [{ ...list(), json: {} }],
        /^retry: .*does not contain a list of deployments/,
      ],
      ['the list, not there', [{ ...list(), status: 404 }], /^dead: HTTP 404: .*right to make dep/],
      ['the deployment', [list(), { ...made(7, 'success')[0], status: 503 }], /^retry: HTTP 503/],
      [
        'the deployment, refused',
        [list(), { ...made(7, 'success')[0], status: 400, json: { message: 'no' } }],
        /^dead: HTTP 400: no/,
      ],
      [
        'the deployment, in another form',
        [list(), { ...made(7, 'success')[0], json: {} }],
        /^retry: HTTP 201: .*the id of the deployment/,
      ],
    ])('says why a delivery failed: %s', async (_, exchanges, outcome) => {
      const relay = await startDeploying(forge)
      relay.expects(...(exchanges as readonly ExpectedExchange[]))
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(outcome)
    })

    it('reads the Secret anew when the credential is not taken, and then gives up', async () => {
      const relay = await startDeploying(forge)
      const refused = { ...list(), status: 401, json: { message: 'Bad credentials' } }
      relay.expects(refused, refused)
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(/^dead: HTTP 401: Bad cred.*was not accepted/)
    })

    it('is what the annotation type says, whatever spec.type says', async () => {
      const relay = await startDeploying(forge, {
        spec: { type: forge.type.replace('deployment', '') },
        annotations: { 'flux-relay.io/type': forge.type },
      })
      relay.expects(list(), ...made(7, 'success'))
      await relay.deliver()
      expect((await relay.outcomes())[0]).toMatch(/^delivered: /)
    })

    it('takes results and progress of commits, and nothing else', async () => {
      const relay = await startDeploying(forge)
      await relay.deliver({ reason: 'PruneSucceeded' })
      await relay.deliver({
        reason: 'DriftCorrected',
        metadata: { 'event.toolkit.fluxcd.io/commit': ONE },
      })
      await relay.deliver({
        ...FAILURE,
        metadata: { 'kustomize.toolkit.fluxcd.io/revision': '6.5.1' },
      })
      expect(await relay.outcomes()).toEqual([
        `skipped: ${forge.type} takes only errors, and info events about a commit`,
        'skipped: DriftCorrected is not the result of a commit',
        expect.stringMatching(/^skipped: metadata revision names no commit/),
      ])
    })
  })
}
