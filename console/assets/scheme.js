// The scheme that a person chose, before anything is painted: else the page would flash in the other one.
// The page waits for this file, and for none of the others.

const SCHEME = 'flux-relay-scheme'

const scheme = localStorage.getItem(SCHEME)
if (scheme !== null) document.documentElement.dataset.scheme = scheme
