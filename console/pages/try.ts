import { previewMessages } from '../../relay/api/preview-messages.ts'
import { ClusterList } from '../../relay/api/schemas/clusters.ts'
import { ExplainedEvent, Explanation } from '../../relay/api/schemas/explain.ts'
import { Refused, read } from '../answers.ts'
import { type Html, html } from '../html.ts'
import { messagePreview } from '../message-preview.ts'
import type { Asked, ConsoleAction, ConsolePage, Shown } from '../page.ts'
import { verdictsTable } from '../verdicts.ts'

const PATH = '/console/try'

/** What a person fills in. */
interface Filled {
  readonly cluster: string
  readonly event: string
  readonly alert: string
}

const EXAMPLE = JSON.stringify(
  {
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'podinfo',
    },
    severity: 'error',
    timestamp: '2026-11-20T09:20:41Z',
    reason: 'HealthCheckFailed',
    message:
      "health check failed after 1m0s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']",
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:9e2f4c1b7d3a' },
    reportingController: 'kustomize-controller',
  },
  undefined,
  2,
)

/** The form to try rules with, filled with an example, or with the event that the address names. */
export const tryPage: ConsolePage = {
  path: PATH,
  async show(asked) {
    const { query, relay } = asked
    const id = query.get('event')
    const cluster = query.get('cluster') ?? (await firstCluster(asked))
    if (id === null) return shown({ cluster, event: EXAMPLE, alert: '' }, [])
    const where = new URLSearchParams(query.has('cluster') ? { cluster } : {})
    const found = read(ExplainedEvent, await relay.showEvent(id, where))
    const event = JSON.stringify(found.event, undefined, 2)
    return shown({ cluster: found.cluster, event, alert: '' }, [])
  },
}

/** What the rules do with the event, and how its messages look. Nothing is sent or kept. */
export const tryAction: ConsoleAction = {
  path: PATH,
  changesNothing: true,
  async act(asked, form) {
    const filled = {
      cluster: form.get('cluster')?.trim() ?? '',
      event: form.get('event') ?? '',
      alert: form.get('alert') ?? '',
    }
    return shown(filled, await results(asked, filled))
  },
}

async function firstCluster({ relay }: Asked): Promise<string> {
  const { clusters } = read(ClusterList, await relay.listClusters())
  return clusters.find(({ lastConfigurationAt }) => lastConfigurationAt)?.name ?? 'local'
}

function shown({ cluster, event, alert }: Filled, below: Html | readonly Html[]): Shown {
  return {
    title: 'Try it',
    section: 'try',
    content: html`<h1>Try it</h1>
<form class="filters" method="post" action="${PATH}">
<div class="pair">
<label><span>Event, as JSON</span><textarea name="event" rows="14" required spellcheck="false" data-filter>${event}</textarea></label>
<label><span>Alert, as YAML; leave it empty to ask all Alerts of the cluster</span><textarea name="alert" rows="14" spellcheck="false" placeholder="kind: Alert">${alert}</textarea></label>
</div>
<div class="row">
<label><span>Cluster</span><input name="cluster" value="${cluster}" required></label>
<button class="primary">Try</button> <span class="muted">Nothing is sent or kept.</span>
</div>
</form>
${below}`,
  }
}

async function results({ relay, clock }: Asked, filled: Filled): Promise<readonly Html[]> {
  try {
    const previews = read(Explanation, await previewMessages(filled, clock))
    const messages = previews.verdicts.flatMap(({ provider, requests }) =>
      requests.map(({ body = '' }) => messagePreview(provider?.type ?? '', body)),
    )
    const verdicts = filled.alert.trim() === '' ? await byCluster(relay, filled) : previews.verdicts
    const caption =
      filled.alert.trim() === '' ? `Alerts of ${filled.cluster}` : 'This Alert, for each type'
    const looks =
      messages.length > 0
        ? html`<h2>As the message looks</h2>\n<div class="pair">\n${messages}</div>`
        : html`<p>It sends no message.</p>`
    return [html`<h2>Verdicts</h2>\n${verdictsTable(verdicts, caption)}\n${looks}`]
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return [html`<p class="wrong" role="alert">${error.message}</p>`]
  }
}

async function byCluster(relay: Asked['relay'], { cluster, event }: Filled) {
  const body = new TextEncoder().encode(JSON.stringify({ cluster, event: JSON.parse(event) }))
  const answer = await relay.explainEvent({ body, contentType: 'application/json' })
  return read(Explanation, answer).verdicts
}
