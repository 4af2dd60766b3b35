// The script of the console. Pages are read and filtered without it too.

const CLOCK = 'flux-relay-clock'

/** The cookie of the scheme, which the page comes with: hosts/kit/console/cookies.ts. */
const SCHEME = 'flux-relay-scheme'

/** Spans as console/age.ts tells them: in the largest unit, and those ahead to the nearest of it. */
function roughly(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

function roughlyAhead(ms) {
  if (ms <= 0) return 'now'
  const unit = [86_400_000, 3_600_000, 60_000].find((each) => ms >= each) ?? 1000
  return `in ${roughly(Math.round(ms / unit) * unit)}`
}

function wholeTime(time) {
  if (localStorage.getItem(CLOCK) === 'local') {
    return time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
  }
  const iso = time.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

/** Changes a text only where it is another one, since each change has the browser lay out the page anew. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** Keeps ages right, and shows whole times by the clock that is wanted. */
function tellTimes() {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const time = new Date(element.dateTime)
    if ('whole' in element.dataset) {
      put(element, wholeTime(time))
      continue
    }
    const span = time.getTime() - Date.now()
    const isAhead = !element.textContent.endsWith('ago')
    if (isAhead) put(element, roughlyAhead(span))
    else put(element, `${roughly(-span)} ago`)
    element.title = wholeTime(time)
  }
}

function setUpTools() {
  const theme = document.querySelector('[data-theme]')
  theme.hidden = false
  theme.addEventListener('click', () => {
    const { dataset } = document.documentElement
    const isDark = dataset.scheme
      ? dataset.scheme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches
    dataset.scheme = isDark ? 'light' : 'dark'
    // biome-ignore lint/suspicious/noDocumentCookie: of the browsers, not all have the Cookie Store API, and none without HTTPS.
    document.cookie = `${SCHEME}=${dataset.scheme}; Path=/console; Max-Age=31536000; SameSite=Lax`
  })
  // A browser lets pages copy over HTTPS and from this machine only.
  for (const button of document.querySelectorAll('[data-copy], [data-copy-link]')) {
    button.hidden = navigator.clipboard === undefined
  }
  const clock = document.querySelector('[data-clock]')
  const name = () => (localStorage.getItem(CLOCK) === 'local' ? 'Local time' : 'UTC')
  clock.hidden = false
  clock.textContent = name()
  clock.addEventListener('click', () => {
    localStorage.setItem(CLOCK, localStorage.getItem(CLOCK) === 'local' ? 'utc' : 'local')
    clock.textContent = name()
    tellTimes()
  })
}

/** A form that acts on what is selected says so while nothing is. */
function tellSelection() {
  const count = document.querySelectorAll('input[name=id]:checked').length
  for (const button of document.querySelectorAll('[data-needs-pick]')) {
    button.disabled = count === 0
    button.dataset.label ??= button.textContent
    button.textContent = count === 0 ? button.dataset.label : `${button.dataset.label} (${count})`
  }
  const all = document.querySelector('[data-pick-all]')
  if (all) all.hidden = false
}

function rows() {
  return [...document.querySelectorAll('tbody#rows > tr')]
}

/** Moves the current row, and the focus to its link, by which a reader hears it. */
function moveBy(step) {
  const all = rows()
  if (all.length === 0) return
  const at = all.findIndex((row) => row.classList.contains('is-current'))
  const to = Math.min(Math.max(at + step, 0), all.length - 1)
  all[at]?.classList.remove('is-current')
  all[to].classList.add('is-current')
  all[to].scrollIntoView({ block: 'nearest' })
  all[to].querySelector('a')?.focus({ preventScroll: true })
}

function replay() {
  const form = document.querySelector('form[data-replay]')
  if (form) return form.requestSubmit(form.querySelector('button.primary'))
  const current = document.querySelector('tr.is-current input[name=id]')
  if (current) current.checked = true
  tellSelection()
  const button = document.querySelector('[data-needs-pick]')
  if (button && !button.disabled) button.form.requestSubmit(button)
}

let isAfterG = false

function onKey(event) {
  // A dialog that was closed keeps the focus until the page is drawn again.
  const isTyping = event.target.closest(
    'input:not([type=checkbox]), select, textarea, dialog[open]',
  )
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
  const { key } = event
  if (isAfterG) {
    isAfterG = false
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`)
    if (link) link.click()
    return
  }
  if (key === 'g') {
    isAfterG = true
    setTimeout(() => {
      isAfterG = false
    }, 1500)
  } else if (key === '?') {
    document.querySelector('#keys').showModal()
  } else if (key === '/') {
    document.querySelector('[data-filter]')?.focus()
    event.preventDefault()
  } else if (key === 'j') moveBy(1)
  else if (key === 'k') moveBy(-1)
  else if (key === 'r') replay()
}

function bar(text) {
  const element = document.querySelector('[data-bar]')
  element.hidden = text === ''
  element.textContent = text
}

/** A page that waits for its first content asks again until it has some. */
async function refill() {
  if (!document.querySelector('[data-refill]')) return
  try {
    const response = await fetch(location.href)
    if (response.ok && !(await response.text()).includes('data-refill')) location.reload()
    bar('')
  } catch {
    bar('The relay does not answer; trying again.')
  }
}

document.addEventListener('DOMContentLoaded', () => {
  setUpTools()
  tellTimes()
  tellSelection()
  setInterval(tellTimes, 10_000)
  if (document.querySelector('[data-refill]')) setInterval(refill, 2_000)
})
document.addEventListener('keydown', onKey)
document.addEventListener('change', (event) => {
  if ('pickAll' in (event.target.dataset ?? {})) {
    for (const box of document.querySelectorAll('input[name=id]')) {
      box.checked = event.target.checked
    }
  }
  tellSelection()
})
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-link]')
  if (!button) return
  const { copy, copyLink } = button.dataset
  await navigator.clipboard.writeText(copy ?? new URL(copyLink, location.href).href)
  button.textContent = 'Copied'
})
document.addEventListener('htmx:after:swap', () => {
  tellTimes()
  tellSelection()
})
document.addEventListener('htmx:error', () => bar('The relay does not answer.'))
document.addEventListener('htmx:response:error', ({ detail: { ctx } }) => {
  const { status } = ctx.response
  // The page asks for a token then.
  if (status === 401) location.reload()
  else if (status === 500) bar('The relay could not answer; its log says why.')
  else if (status > 500) bar('The relay does not answer.')
})
document.addEventListener('htmx:after:request', () => bar(''))
