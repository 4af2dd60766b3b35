import { html } from './html.ts'
import type { Shown } from './page.ts'

/** Why the page to log in is shown: at first, after a wrong token, or in the place of what a form was to do. */
export type LoginState = 'first' | 'wrong' | 'ended'

const SAID = {
  first: [],
  wrong: html`<p class="wrong" role="alert">This is no token of an operator.</p>\n`,
  ended: html`<p class="wrong" role="alert">The session has ended, so nothing was done. Log in, and do it once more.</p>\n`,
} as const

/** The page on which an operator's token becomes a session. `next`: the path to go on to. */
export function loginPage(state: LoginState, next: string): Shown {
  return {
    title: 'Log in',
    status: state === 'wrong' ? 403 : 401,
    content: html`<section class="state login">
<h1>Log in</h1>
<p>With the token of an operator: an entry of <code>operators</code> in the relay’s tokens file.</p>
${SAID[state]}<form method="post" action="/console/login">
<input type="hidden" name="next" value="${next}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus spellcheck="false">
<button class="primary">Log in</button>
</form>
</section>`,
  }
}
