import { type Html, html } from './html.ts'
import type { Person, Section, Shown } from './page.ts'

/** Where the files of the page are; each address changes with its content. */
export interface AssetAddresses {
  readonly style: string
  /** The script that runs when the page is there. */
  readonly script: string
}

/** The colours of a page. */
export type Scheme = 'light' | 'dark'

/** What every page has around its content. */
export interface Frame {
  readonly assets: AssetAddresses
  /** What the person chose; absent where the page follows the system. */
  readonly scheme?: Scheme
  /** Absent for who has not logged in. */
  readonly person?: Person
}

interface Place {
  readonly section: Section
  readonly name: string
  readonly path: string
  /** The key that leads there after `g`. */
  readonly key: string
}

const PLACES: readonly Place[] = [
  { section: 'overview', name: 'Overview', path: '/console/overview', key: 'o' },
  { section: 'deliveries', name: 'Deliveries', path: '/console/deliveries', key: 'd' },
  { section: 'events', name: 'Events', path: '/console/events', key: 'e' },
  { section: 'alerts', name: 'Alerts', path: '/console/alerts', key: 'a' },
  { section: 'providers', name: 'Providers', path: '/console/providers', key: 'p' },
  { section: 'clusters', name: 'Clusters', path: '/console/clusters', key: 'c' },
  { section: 'try', name: 'Try it', path: '/console/try', key: 't' },
]

/**
 * The settings of htmx: it adds no style to the page, which the content policy would block, what a
 * person has opened stays open when newer content takes its place, and what is shown stays when a relay cannot answer
 * or the session has ended, whose pages have no such content.
 */
const HTMX =
  '{"includeIndicatorCSS": false, "morphIgnore": ["data-htmx-powered", "open"], "noSwap": [204, 304, 401, "5xx"]}'

/** A whole page. */
export function wholePage({ title, section, content }: Shown, frame: Frame): Html {
  const { assets, scheme, person } = frame
  const chosen = scheme === undefined ? [] : html` data-scheme="${scheme}"`
  return html`<!doctype html>
<html lang="en"${chosen}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${scheme ?? 'light dark'}">
<meta name="htmx-config" content="${HTMX}">
<title>${title} · flux-relay</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets.style}">
<script defer src="${assets.script}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/console">flux-relay</a>
${person ? navigation(section) : []}<div class="tools">
<button type="button" class="quiet" data-clock hidden>UTC</button>
<button type="button" class="quiet" data-theme hidden aria-label="Switch between light and dark">◐</button>
${person?.hasSession ? logOut(person) : []}</div>
</header>
<p class="bar" role="status" data-bar hidden></p>
<main id="main" tabindex="-1">
${content}
</main>
${KEYS}
</body>
</html>
`
}

function navigation(current: Section | undefined): Html {
  const links = PLACES.map(({ section, name, path, key }) => {
    const here = section === current ? html` aria-current="page"` : []
    return html`<a href="${path}" data-go="${key}"${here}>${name}</a>\n`
  })
  return html`<nav aria-label="Parts of the console">\n${links}</nav>\n`
}

function logOut({ name, role }: Person): Html {
  return html`<span class="person">${name ?? role}${name === undefined ? [] : html` <span class="muted">${role}</span>`}</span>
<form method="post" action="/console/logout"><button class="quiet">Log out</button></form>
`
}

const KEYS = html`<dialog id="keys" class="keys" aria-labelledby="keys-title">
<h2 id="keys-title">Keys</h2>
<dl class="facts">
<dt><kbd>?</kbd></dt><dd>this list</dd>
<dt><kbd>/</kbd></dt><dd>to the filters</dd>
<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next row, row before</dd>
<dt><kbd>Enter</kbd></dt><dd>open the row</dd>
<dt><kbd>r</kbd></dt><dd>replay</dd>
${PLACES.map(({ key, name }) => html`<dt><kbd>g</kbd> <kbd>${key}</kbd></dt><dd>to ${name}</dd>\n`)}</dl>
<form method="dialog"><button>Close</button></form>
</dialog>`
