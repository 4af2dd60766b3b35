import { type Html, html } from './html.ts'

/** Whether an object takes effect, by a sign and a word. */
export function readyMark(isReady: boolean): Html {
  return isReady
    ? html`<span class="outcome is-delivered"><span aria-hidden="true">✓</span> ready</span>`
    : html`<span class="outcome is-dead"><span aria-hidden="true">✕</span> not ready</span>`
}

/** That somebody has switched an object off. */
export function suspendedMark(isSuspended: boolean): Html | readonly [] {
  if (!isSuspended) return []
  return html` <span class="outcome is-skipped"><span aria-hidden="true">‖</span> suspended</span>`
}

/** That nothing is sent for a cluster, though all is decided and recorded. */
export function observedMark(isObserved = false): Html | readonly [] {
  if (!isObserved) return []
  return html` <span class="outcome is-skipped" title="All is decided and recorded, and nothing is sent."><span aria-hidden="true">◌</span> observed</span>`
}
