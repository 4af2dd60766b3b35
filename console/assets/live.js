// The list of deliveries, which goes on while one looks at it: console/pages/deliveries.ts.

/* global htmx, bar, tellTimes, tellSelection: of htmx and console.js, which the page has before this file. */

const live = {
  isPaused: false,
  isLost: false,
  arrived: [],
  again: undefined,
  element: document.querySelector('[data-live]'),
}

/** How long a list that could not connect waits until it is loaded anew. Milliseconds. */
const AGAIN_MS = 10_000

/** The relay tells of no more new ones at once: hosts/embedded/stream-backlog.ts. */
const MOST_ROWS = 200

function rowOf(text) {
  const template = document.createElement('template')
  template.innerHTML = text
  return template.content.querySelector('tr')
}

/** Puts a row in the place of the one of the same delivery, or on top. Focus and selection stay. The first of all needs a list. */
function place(row) {
  const body = document.querySelector('tbody#rows')
  if (!body) return location.reload()
  const earlier = document.getElementById(row.id)
  row.classList.add('is-new')
  if (earlier) {
    const hadFocus = earlier.contains(document.activeElement)
    const isPicked = earlier.querySelector('input[name=id]')?.checked === true
    const box = row.querySelector('input[name=id]')
    if (box) box.checked = isPicked
    row.classList.toggle('is-current', earlier.classList.contains('is-current'))
    earlier.replaceWith(row)
    if (hadFocus) row.querySelector('a')?.focus({ preventScroll: true })
    return
  }
  body.prepend(row)
  const old = [...body.children].slice(MOST_ROWS)
  for (const each of old) each.remove()
  if (old.length > 0) tellCut()
}

/** Leads to the older ones by the list anew, since the next page does not have those that left this one. */
function tellCut() {
  const older = document.querySelector('.pager [rel=next]')
  if (older) older.hidden = true
  document.querySelector('[data-cut]').hidden = false
}

function tellLive() {
  const pause = document.querySelector('[data-pause]')
  const arrived = document.querySelector('[data-arrived]')
  if (!pause || !arrived) return
  pause.textContent = live.isPaused ? 'Go on' : 'Pause'
  arrived.hidden = live.arrived.length === 0
  arrived.textContent = `${live.arrived.length} new`
  const state = live.isLost ? '○ Not live' : '● Live'
  document.querySelector('[data-live-state]').textContent = live.isPaused ? 'Paused' : state
}

/** Says in the bar why nothing comes, and beside the list that nothing does; an empty text ends that. */
function tellLost(text) {
  live.isLost = text !== ''
  bar(text)
  tellLive()
}

/** Whether something of the list is selected or has the focus, which a list in its place would not have. */
function isInUse() {
  const results = document.querySelector('#results')
  return Boolean(results?.querySelector(':focus, input[name=id]:checked'))
}

/** Loads the list anew, which connects from where it is then, until one does. */
function loadAgain() {
  clearTimeout(live.again)
  live.again = setTimeout(() => {
    loadAgain()
    if (isInUse()) return
    htmx.ajax('GET', location.href, { target: '#results', select: '#results', swap: 'outerHTML' })
  }, AGAIN_MS)
}

/** htmx tries again what was connected, but not what never was. */
function onFirstFailure({ target }) {
  if (!target.matches?.('[data-live]')) return
  target.hidden = false
  tellLost('The list cannot follow what comes; trying again.')
  loadAgain()
}

function showArrived() {
  for (const row of live.arrived.splice(0)) place(row)
  tellTimes()
  tellLive()
}

/** While it is paused, rows only change in their places. */
function onRow(event) {
  const row = rowOf(event.detail.data)
  if (!row) return
  const isKnown = document.getElementById(row.id) !== null
  if (isKnown || !live.isPaused) place(row)
  else live.arrived = [...live.arrived.filter(({ id }) => id !== row.id), row].slice(-MOST_ROWS)
  tellTimes()
  tellLive()
}

/** A row that does not fit the filters any more stays where it is, says what became of it, and cannot be selected. */
function onLeft(event) {
  const news = rowOf(event.detail.data)
  if (!news) return
  live.arrived = live.arrived.filter(({ id }) => id !== news.id)
  const row = document.getElementById(news.id)
  if (row) {
    row.classList.add('has-left')
    for (const name of ['became', 'why', 'number']) {
      row.querySelector(`td.${name}`).replaceWith(news.querySelector(`td.${name}`))
    }
    row.querySelector('input[name=id]')?.remove()
    tellSelection()
  }
  tellLive()
}

document.addEventListener('row', onRow)
document.addEventListener('left', onLeft)
document.addEventListener('missed', () => location.reload())
document.addEventListener('trouble', ({ detail: { data } }) => {
  tellLost(data === '' ? '' : `Nothing new can be shown; trying again. ${data}`)
})
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-pause]')) {
    live.isPaused = !live.isPaused
    if (!live.isPaused) showArrived()
    tellLive()
  } else if (event.target.closest('[data-arrived]')) showArrived()
})
// A list in the place of another has what came, and by other filters.
document.addEventListener('htmx:after:swap', () => {
  const element = document.querySelector('[data-live]')
  if (element === live.element) return
  live.element = element
  live.arrived = []
  clearTimeout(live.again)
  tellLive()
})
document.addEventListener('htmx:error', onFirstFailure)
document.addEventListener('htmx:response:error', onFirstFailure)
document.addEventListener('htmx:sse:after:connection', () => {
  clearTimeout(live.again)
  const element = document.querySelector('[data-live]')
  if (element) element.hidden = false
  tellLost('')
})
document.addEventListener('htmx:sse:error', (event) => {
  if (event.detail.status === 401) location.reload()
  else tellLost('The relay does not answer; trying again.')
})
