import { type Html, html } from './html.ts'

/** What the list shows before the first event: how to send one. `origin`: where to; empty where it is not known. */
export function firstRun(origin: string): Html {
  if (origin === '') {
    return html`<section class="state" data-refill>
<h2>No event has come yet</h2>
<p>What the controllers of Flux report shows here.</p>
</section>`
  }
  return html`<section class="state" data-refill>
<h2>No event has come yet</h2>
<p>Send one from a shell, and it shows here:</p>
<pre><code>curl ${origin}/ -H 'Content-Type: application/json' -d '{
  "involvedObject": {"kind": "Kustomization", "namespace": "flux-system", "name": "podinfo"},
  "severity": "error",
  "reason": "HealthCheckFailed",
  "message": "Deployment/podinfo: 0 of 2 replicas are ready"
}'</code></pre>
<p>Or let the controllers of Flux send theirs: set this argument on each of them.</p>
<pre><code>--events-addr=${origin}/</code></pre>
<p class="muted">A relay with tokens takes events with a cluster’s token: <code>http://CLUSTER:TOKEN@…</code>, or <code>Authorization: Bearer TOKEN</code>.</p>
</section>`
}
