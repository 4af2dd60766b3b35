import type { Route } from './route.ts'

/**
 * What is found at a path: a route with the parameters of the path, or the methods that the path
 * has.
 */
export type Found =
  | { readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly allow: readonly string[] }

/** Finds routes by method and path. */
export interface Router {
  /**
   * The route for a method and path; undefined when no route has the path. HEAD finds the route of
   * GET.
   */
  find(method: string, path: string): Found | undefined
}

/** The routes of one path. */
interface Place {
  readonly names: readonly string[]
  readonly pattern: RegExp
  readonly routes: ReadonlyMap<string, Found & { readonly route: Route }>
}

const NO_PARAMETERS: Readonly<Record<string, string>> = {}

/**
 * Makes a router. Paths are tried in the order of the table: those without parameters first, and those that end in `*`
 * last.
 */
export function createRouter(routes: readonly Route[]): Router {
  const places = [...Map.groupBy(routes, ({ path }) => path)].map(([path, own]) =>
    placeOf(path, own),
  )
  const fixed = new Map<string, Place>()
  for (const [path, place] of places) if (!/[{*]/.test(path)) fixed.set(path, place)
  const others = places.filter(([path]) => !fixed.has(path))
  const open = others.filter(([path]) => !path.endsWith('*')).map(([, place]) => place)
  const rest = others.filter(([path]) => path.endsWith('*')).map(([, place]) => place)

  const routeAt = (method: string, path: string): Found | undefined =>
    fixed.get(path)?.routes.get(method) ?? routeAmong(open, method, path)
  const allowAt = (path: string) =>
    places
      .filter(([, { pattern }]) => pattern.test(path))
      .flatMap(([, place]) => [...place.routes.keys()])
      .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  /** What is found of a path that no route has as it is written. */
  const findElse = (method: string, path: string): Found | undefined => {
    const other = path.includes('%') ? plain(path) : path
    const found = routeAt(method, other) ?? routeAmong(rest, method, path)
    if (found !== undefined) return found
    const allow = [...new Set([...allowAt(path), ...allowAt(other)])]
    return allow.length > 0 ? { allow } : undefined
  }
  return {
    find(method, path) {
      const known = method === 'HEAD' ? 'GET' : method
      return routeAt(known, path) ?? findElse(known, path)
    },
  }
}

function routeAmong(places: readonly Place[], method: string, path: string): Found | undefined {
  for (const place of places) {
    const match = place.routes.has(method) ? place.pattern.exec(path) : null
    const found = match && place.routes.get(method)
    if (found) return withParameters(found, place, match)
  }
  return undefined
}

function placeOf(path: string, routes: readonly Route[]): readonly [string, Place] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const source = path.replace(/\{\w+\}/g, '([^/]+)').replace(/\*$/, '.*')
  const found = routes.map((route) => [route.method, { route, parameters: NO_PARAMETERS }] as const)
  return [path, { names, pattern: new RegExp(`^${source}$`), routes: new Map(found) }]
}

function withParameters(
  found: Found & { readonly route: Route },
  { names }: Place,
  match: RegExpExecArray,
): Found {
  if (names.length === 0) return found
  const parameters: Record<string, string> = {}
  for (const [index, name] of names.entries()) parameters[name] = decoded(match[index + 1] ?? '')
  return { route: found.route, parameters }
}

/** The path without unneeded encoding: RFC 3986, section 6.2.2.2. */
function plain(path: string): string {
  const segments = path.split('/')
  return segments.map((segment) => encodeURIComponent(decoded(segment))).join('/')
}

/** The decoded segment. A segment that cannot be decoded stays as it is. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
