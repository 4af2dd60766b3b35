import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { Refused, read } from '../answers.ts'
import { hiddenFields } from '../hidden-fields.ts'
import { type Html, html } from '../html.ts'
import type { Asked, ConsoleAction, GoOn, Shown } from '../page.ts'

const PATH = '/console/test-provider'

/**
 * Sends a Provider a sample. The form on its row leads to one that asks what the sample is to be; what came of
 * it is shown as any delivery.
 */
export const testProviderAction: ConsoleAction = {
  path: PATH,
  async act(asked, form) {
    const provider = providerOf(form)
    return form.get('confirmed') === 'yes' ? send(asked, provider, form) : question(provider)
  },
}

interface TestedProvider {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

function providerOf(form: URLSearchParams): TestedProvider {
  const [cluster, namespace, name] = ['cluster', 'namespace', 'name'].map((it) => form.get(it))
  if (!cluster || !namespace || !name) throw new Refused(400, 'Expected a cluster and a Provider.')
  return { cluster, namespace, name }
}

/** A button that leads to the question, for the row of a Provider. */
export function testButton({ cluster, namespace, name }: TestedProvider): Html {
  return html`<form method="post" action="${PATH}">${hiddenFields({ cluster, namespace, name })}<button aria-label="Send a test to ${namespace}/${name}">Test</button></form>`
}

function question({ cluster, namespace, name }: TestedProvider): Shown {
  const back = new URLSearchParams({ cluster }).toString()
  return {
    title: 'Test',
    section: 'providers',
    content: html`<section class="state">
<h1>Send a test to ${namespace}/${name}?</h1>
<p>One message that says it is a test is sent now, by cluster ${cluster}’s Provider. It is tried once, and recorded as a test.</p>
<form method="post" action="${PATH}">
${hiddenFields({ cluster, namespace, name, confirmed: 'yes' })}
<p><label><span>Severity</span><select name="severity"><option>info</option><option>error</option></select></label></p>
<p><label><span>Message (optional)</span><input name="message" maxlength="1000"></label></p>
<p><label><span>Commit, for a Provider that sets statuses</span><input name="commit" placeholder="its whole hash" spellcheck="false"></label></p>
<p><label><span>Number of the pull request, for one that comments</span><input name="changeRequest" inputmode="numeric"></label></p>
<button class="primary">Send a test</button> <a class="button" href="/console/providers?${back}">Cancel</a>
</form>
</section>`,
  }
}

async function send(
  { relay, person }: Asked,
  { cluster, namespace, name }: TestedProvider,
  form: URLSearchParams,
): Promise<GoOn> {
  const given = (field: string) => form.get(field)?.trim() || undefined
  const number = given('changeRequest')
  if (number !== undefined && !/^\d{1,15}$/.test(number)) {
    throw new Refused(400, 'changeRequest: expected the number of a pull request, such as 12')
  }
  const test = {
    ...{ cluster, severity: given('severity'), message: given('message'), commit: given('commit') },
    ...(number !== undefined && { changeRequest: Number(number) }),
  }
  const body = {
    body: new TextEncoder().encode(JSON.stringify(test)),
    contentType: 'application/json',
  }
  const { id } = read(Delivery, await relay.testProvider(namespace, name, body, person.name))
  return { to: `/console/deliveries/${encodeURIComponent(id)}` }
}
