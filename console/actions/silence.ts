import type { Answer } from '../../relay/api/answer.ts'
import { MAX_SILENCE_REASON } from '../../relay/model/silence.ts'
import { Refused, refused } from '../answers.ts'
import { hiddenFields } from '../hidden-fields.ts'
import { html } from '../html.ts'
import type { Asked, ConsoleAction, GoOn, Shown } from '../page.ts'
import { conditionOf, SILENCE_END_PATH, SILENCE_PATH, type SilencedObject } from '../silences.ts'

/** How long a silence may be by a click; any other is for the command line. */
const DURATIONS = ['1h', '2h', '4h', '8h', '1d'] as const

const PAGES = { Alert: 'alerts', Provider: 'providers' } as const

/** Silences an Alert or a Provider, once a person has said for how long and why. */
export const silenceAction: ConsoleAction = {
  path: SILENCE_PATH,
  async act(asked, form) {
    const object = objectOf(form)
    return form.get('confirmed') === 'yes' ? silence(asked, object, form) : question(object)
  },
}

/** Ends a silence. */
export const endSilenceAction: ConsoleAction = {
  path: SILENCE_END_PATH,
  async act({ relay, person }, form) {
    const [cluster, id] = [form.get('cluster'), form.get('id')]
    if (!cluster || !id) throw new Refused(400, 'Expected a cluster and a silence.')
    accepted(await relay.expireSilence(cluster, id, person.name))
    return backTo(form.get('from') === 'Provider' ? 'Provider' : 'Alert', cluster)
  },
}

function objectOf(form: URLSearchParams): SilencedObject {
  const kind = form.get('kind')
  const [cluster, namespace, name] = ['cluster', 'namespace', 'name'].map((it) => form.get(it))
  if ((kind !== 'Alert' && kind !== 'Provider') || !cluster || !namespace || !name) {
    throw new Refused(400, 'Expected a cluster, and an Alert or a Provider.')
  }
  return { kind, cluster, namespace, name }
}

function question(object: SilencedObject): Shown {
  const { kind, cluster, namespace, name } = object
  const options = DURATIONS.map((duration) => html`<option>${duration}</option>`)
  const what = kind === 'Alert' ? 'What it takes' : 'What goes to it'
  return {
    title: 'Silence',
    section: PAGES[kind],
    content: html`<section class="state">
<h1>Silence ${namespace}/${name}?</h1>
<p>${what} in cluster ${cluster} is not told in chats and incident tools. A failure is held back, and told when the silence ends if it lasts until then; statuses of commits are set as ever.</p>
<form method="post" action="${SILENCE_PATH}">
${hiddenFields({ kind, cluster, namespace, name, confirmed: 'yes' })}
<p><label><span>For</span><select name="duration">${options}</select></label></p>
<p><label><span>Why, for those who miss a message</span><input name="reason" maxlength="${MAX_SILENCE_REASON}" required></label></p>
<button class="primary">Silence</button> <a class="button" href="${backTo(kind, cluster).to}">Cancel</a>
</form>
</section>`,
  }
}

async function silence(
  { relay, person }: Asked,
  object: SilencedObject,
  form: URLSearchParams,
): Promise<GoOn> {
  const wanted = {
    match: conditionOf(object),
    reason: form.get('reason')?.trim() ?? '',
    duration: form.get('duration') ?? '',
  }
  const body = new TextEncoder().encode(JSON.stringify(wanted))
  const request = { body, contentType: 'application/json' }
  accepted(await relay.createSilence(object.cluster, request, person.name))
  return backTo(object.kind, object.cluster)
}

function accepted(answer: Answer): void {
  if (answer.status >= 300) throw refused(answer)
}

function backTo(kind: SilencedObject['kind'], cluster: string): GoOn {
  return { to: `/console/${PAGES[kind]}?${new URLSearchParams({ cluster })}` }
}
